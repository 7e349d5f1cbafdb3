local chain = require "chain"

return task(chain.definition(10, 8192))
