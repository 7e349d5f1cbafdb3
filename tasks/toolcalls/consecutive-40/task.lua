local chain = require "chain"

return task(chain.definition(40, 16384))
