local catalogue = require "catalogue"

return task(catalogue.definition(5, 8192))
