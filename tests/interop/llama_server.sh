#!/usr/bin/env bash
# Builds llama.cpp's own server from what the Python package llama-cpp-python carries, and serves random weights with it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'TXT'
usage: llama_server.sh build DIR [VERSION]            fetch the sources with pip and compile; about ten minutes on two cores
       llama_server.sh model DIR [TEMPLATE]           write DIR/TEMPLATE.gguf; templates: tags (default), strict
       llama_server.sh run DIR [TEMPLATE] [PORT] [ARGS...]   serve it on 127.0.0.1, port 8091 unless told otherwise, until Ctrl-C

Needs python3 with venv, cmake, ninja and a C++ compiler. Then, in another terminal:
  tests/interop/look.sh http://127.0.0.1:8091 CAPTURES
  plumb run tasks/starter --limit 2 --repeats 1 --model tiny=http://127.0.0.1:8091/v1,max_tokens=256
TXT
}

python() {
  [[ -x $dir/venv/bin/python ]] || python3 -m venv "$dir/venv"
  "$dir/venv/bin/python" "$@"
}

build() {
  local package=llama-cpp-python${1:+==$1} archive sources
  python -m pip download --no-deps --no-binary llama-cpp-python --dest "$dir" "$package"
  archive=$(find "$dir" -maxdepth 1 -name 'llama_cpp_python-*.tar.gz' | sort -V | tail -n 1)
  tar -xf "$archive" -C "$dir"
  sources=${archive%.tar.gz}/vendor/llama.cpp
  # The web page is left out, since a build would download it.
  nice -n 19 cmake -S "$sources" -B "$dir/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DBUILD_SHARED_LIBS=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DGGML_OPENMP=OFF \
    -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
  nice -n 19 cmake --build "$dir/build" --target llama-server
  python -m pip install --quiet "$sources/gguf-py"
}

model() {
  python -c 'import gguf' 2>/dev/null || python -m pip install --quiet gguf
  python "$here/make_gguf.py" "$dir/$1.gguf" --template "$here/templates/$1.jinja"
}

serve() {
  local template=$1 port=$2
  shift 2
  [[ -e $dir/$template.gguf ]] || model "$template"
  exec "$dir/build/bin/llama-server" --model "$dir/$template.gguf" --alias "tiny-$template" \
    --host 127.0.0.1 --port "$port" --jinja --metrics --slots --ctx-size 16384 --parallel 2 "$@"
}

if (($# < 2)); then
  usage >&2
  exit 1
fi
job=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
case $job in
  build) build "$@" ;;
  model) model "${1:-tags}" ;;
  run) serve "${1:-tags}" "${2:-8091}" "${@:3}" ;;
  *)
    usage >&2
    exit 1
    ;;
esac
