local catalogue = require "catalogue"

return task(catalogue.definition(20, 8192))
