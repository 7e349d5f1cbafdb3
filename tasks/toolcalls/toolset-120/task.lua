local catalogue = require "catalogue"

return task(catalogue.definition(120, 32768))
