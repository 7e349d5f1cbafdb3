#!/usr/bin/env bash
# Asks an OpenAI-compatible server what Plumbline depends on, and keeps each answer as it came, headers included.
set -euo pipefail

if (($# < 2)); then
  echo "usage: look.sh SERVER DIR [MODEL]    SERVER without /v1, e.g. http://127.0.0.1:8091; one file per question in DIR" >&2
  exit 1
fi
server=${1%/}
into=$2
model=${3:-tiny}
mkdir -p "$into"

get() {
  local name=$1 path=$2
  curl -sS -i --max-time 60 "$server$path" >"$into/$name" || true
  printf '%-28s %s\n' "$name" "$(head -n 1 "$into/$name" | tr -d '\r')"
}

post() {
  local name=$1 path=$2 body=$3
  curl -sS -i -N --max-time 120 -H 'Content-Type: application/json' -d "$body" "$server$path" >"$into/$name" || true
  printf '%-28s %s\n' "$name" "$(head -n 1 "$into/$name" | tr -d '\r')"
}

# chat NAME FIELDS [MESSAGES]: FIELDS and MESSAGES are the inside of a JSON object and of an array.
chat() {
  local messages=${3:-'{"role":"user","content":"Say a word."}'}
  post "$1" /v1/chat/completions "{\"model\":\"$model\",\"max_tokens\":24,\"seed\":1,$2,\"messages\":[$messages]}"
}

user='{"role":"user","content":"List the files."}'
assistant='{"role":"assistant","content":"I will."}'
tool='"tools":[{"type":"function","function":{"name":"shell","description":"Runs a command.","parameters":{"type":"object","properties":{"command":{"type":"string"}},"required":["command"]}}}]'
called() { # called ARGUMENTS: one call with these arguments, as JSON text, and its answer
  printf '%s,{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"shell","arguments":%s}}]},{"role":"tool","tool_call_id":"c1","content":"a.txt"}' "$user" "$1"
}
stream='"stream":true,"stream_options":{"include_usage":true}'
long=$(printf 'word %.0s' $(seq 20000))
pixel=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==

# What it says of itself.
for path in /health /v1/models /props /slots /metrics /version /api/version /model_info /tokenize; do
  get "get${path//\//-}" "$path"
done
post tokenize /tokenize '{"content":"the cat","with_pieces":true}'
post apply-template /apply-template "{\"messages\":[$(called '"{\"command\":\"ls\"}"')],$tool}"
post input-tokens /v1/chat/completions/input_tokens "{\"messages\":[$user],$tool}"

# Answers.
chat plain '"temperature":0'
chat plain-again '"temperature":0'
chat streamed "\"temperature\":0,$stream"
chat streamed-no-options '"temperature":0,"stream":true'
chat stream-options-alone '"stream_options":{"include_usage":true}'
chat sampled "\"temperature\":1,$stream"
chat sampled-again "\"temperature\":1,$stream"
chat max-completion-tokens '"max_completion_tokens":5,"max_tokens":null'
chat thinking-off "\"chat_template_kwargs\":{\"enable_thinking\":false},$stream"
chat thinking-off-as-text '"chat_template_kwargs":{"enable_thinking":"false"}'
chat samplers '"top_k":5,"min_p":0.1,"top_p":0.9,"repeat_penalty":1.1,"repetition_penalty":1.1,"presence_penalty":0.1,"frequency_penalty":0.1,"temperature":0.7'
chat sampler-out-of-range '"temperature":-3,"top_p":7'
chat unknown-field '"no_such_field":true'
chat logprobs '"logprobs":true,"top_logprobs":2,"max_tokens":2'

# Tools.
chat tools-auto "$tool,$stream,\"max_tokens\":200"
chat tools-required "$tool,\"tool_choice\":\"required\",\"max_tokens\":200,$stream"
chat tools-required-cut "$tool,\"tool_choice\":\"required\",\"max_tokens\":25,$stream"
chat tools-required-whole "$tool,\"tool_choice\":\"required\",\"max_tokens\":200"
chat tools-named "$tool,\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"shell\"}},\"max_tokens\":200"
chat tools-none "$tool,\"tool_choice\":\"none\""
chat tools-parallel "$tool,\"tool_choice\":\"required\",\"parallel_tool_calls\":true,\"max_tokens\":400,$stream"
chat tools-not-parallel "$tool,\"tool_choice\":\"required\",\"parallel_tool_calls\":false,\"max_tokens\":400"
chat tools-empty '"tools":[]'
chat tools-logprobs "$tool,\"logprobs\":true,$stream"
chat replayed-call "$tool" "$(called '"{\"command\":\"ls\"}"')"
chat replayed-cut "$tool" "$(called '"{\"command\":\"l"')"
chat replayed-empty "$tool" "$(called '""')"
chat replayed-object "$tool" "$(called '{"command":"ls"}')"

# Refusals.
chat overflow '"temperature":0' "{\"role\":\"user\",\"content\":\"$long\"}"
chat overflow-streamed "\"temperature\":0,$stream" "{\"role\":\"user\",\"content\":\"$long\"}"
chat image '"temperature":0' "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"What is this?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,$pixel\"}}]}"
chat image-streamed "\"temperature\":0,$stream" "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,$pixel\"}}]}"
chat two-users '"temperature":0' "$user,$user"
chat system-first '"temperature":0' "{\"role\":\"system\",\"content\":\"Be brief.\"},$user"
chat system-late '"temperature":0' "$user,$assistant,{\"role\":\"system\",\"content\":\"Be brief.\"},$user"
chat assistant-last '"temperature":0' "$user,$assistant"
chat two-assistants-last '"temperature":0' "$user,$assistant,$assistant"
chat unknown-role '"temperature":0' '{"role":"wizard","content":"Hm."}'
chat developer-role '"temperature":0' "{\"role\":\"developer\",\"content\":\"Be brief.\"},$user"
model=no-such-model chat unknown-model '"temperature":0'
post not-json /v1/chat/completions '{"messages":['
post no-messages /v1/chat/completions '{}'
post no-such-path /v1/nothing '{}'

# The two other protocols.
post responses /v1/responses "{\"model\":\"$model\",\"input\":\"List the files.\",\"max_output_tokens\":24,\"stream\":true}"
post responses-tools /v1/responses "{\"model\":\"$model\",\"input\":\"List the files.\",\"max_output_tokens\":200,\"stream\":true,\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"name\":\"shell\",\"parameters\":{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\"}},\"required\":[\"command\"]}}]}"
post messages /v1/messages "{\"model\":\"$model\",\"max_tokens\":24,\"messages\":[$user],\"stream\":true}"
post messages-tools /v1/messages "{\"model\":\"$model\",\"max_tokens\":200,\"messages\":[$user],\"stream\":true,\"tool_choice\":{\"type\":\"any\"},\"tools\":[{\"name\":\"shell\",\"description\":\"Runs a command.\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\"}},\"required\":[\"command\"]}}]}"
post messages-overflow /v1/messages "{\"model\":\"$model\",\"max_tokens\":24,\"messages\":[{\"role\":\"user\",\"content\":\"$long\"}]}"
get metrics-after /metrics
