local catalogue = require "catalogue"

return task(catalogue.definition(60, 16384))
