local chain = require "chain"

return task(chain.definition(160, 49152))
