-- What surrounds every task alike. Every contestant gets exactly this; its digest is part of a
-- run's fingerprint, so that results made with different scaffolds are never compared unawares.
-- Raise `version` with every change.
return {
  version = "1",

  system = [[
You are working on a task in a Linux sandbox. Your working directory is /work; relative paths are
below it. Use the tools you are given to do the task. Nobody can answer questions while you work, so
decide for yourself. When the task is done, answer with a short message and no tool call: that ends
your work.
]],

  -- Answers a call that could not be executed. `{problem}` says what is wrong with it.
  malformed = "error: {problem}",

  -- Answers a call whose tool ran and failed.
  tool_error = "error: {problem}",

  -- A longer result is cut in the middle; the cut is named in the text. Bytes.
  result_head = 12000,
  result_tail = 4000,
}
