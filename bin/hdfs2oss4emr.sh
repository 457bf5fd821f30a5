#!/usr/bin/env bash
# Runs a copy on Spark: hdfs2oss4emr.sh [options of spark-submit and of hdfs2oss] SOURCE... TARGET
#
# 1. Keys leave the command line, which anybody can read in `ps`: the words go through a pipe to the one parser
#    (hdfs2oss/commandline/handover.py) and come back without keys, and this script starts itself again with
#    what came back. No child process is ever given a key as an argument. HDFS2OSS_KEYS carries them on; its form,
#    and what counts as keys, is told in hdfs2oss/model/handover.py.
# 2. A Python takes this process's place and does the rest: hdfs2oss/commandline/gateway.py.
set -euo pipefail

project=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# In a checkout the package is beside bin/; where it is installed, among the packages of the Python there.
packages=$project
for folder in "$project"/lib/python3*/site-packages; do
    [[ ! -d $folder/hdfs2oss ]] || packages=$folder
done
ask_parser='import sys; sys.path.insert(0, sys.argv[1]); from hdfs2oss.commandline.handover import main; main()'
submit='import sys; sys.path.insert(0, sys.argv[1])
from hdfs2oss.commandline.gateway import main; main(sys.argv[2], sys.argv[3], sys.argv[4:])'
advice='Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET instead, and write oss://bucket/path.'

die() {
    printf 'hdfs2oss4emr.sh: %s\n' "$1" >&2
    [[ -z ${2:-} ]] || printf '  %s\n' "$2" >&2
    exit 2
}

# Whether the parser must be asked. Words without any of these never hold keys; with them, they may.
may_hold_keys() {
    local LC_ALL=C word
    for word; do
        word=${word,,}
        if [[ $word == *@* || $word == *oss:*:* || $word =~ secret|passw|token|access|key|credential|[.]sas[.] ]]; then return 0; fi
    done
    return 1
}

is_new_enough() { "$1" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

# The Python of this machine that runs what is ours here: the standard library of 3.10 is all it needs. The project's
# own has it.
find_python() {
    for python in "${PYSPARK_PYTHON:-}" "$project/.venv/bin/python" "$project/bin/python3" python3; do
        if [[ -n $python ]] && command -v "$python" >/dev/null; then
            if [[ $python == "$project"/* ]] || is_new_enough "$python"; then return; fi
        fi
    done
    may_hold_keys "$@" || die 'there is no Python 3.10 or newer on the PATH' \
        'Unpack an environment that make dist has made, and use its bin/hdfs2oss4emr.sh.'
    die 'there are keys on the command line, and no Python 3.10 or newer on the PATH to take them off' "$advice"
}

take_keys_off() {
    local answer=() field
    may_hold_keys "$@" || return 0
    # The loop runs in this very shell, and nothing goes on before all three have ended.
    shopt -s lastpipe
    printf '%s\0' "$@" |
        "$python" -I -S -c "$ask_parser" "$packages" |
        while IFS= read -r -d '' field; do answer+=("$field"); done ||
        die "keys cannot be taken off the command line: $python failed" "$advice"
    case ${answer[0]:-} in
        clean) ;;
        refused) die "${answer[1]}" "${answer[2]}" ;;
        *) die "keys cannot be taken off the command line: $python gave no answer" "$advice" ;;
    esac
    [[ -n ${answer[1]} ]] || return 0
    export HDFS2OSS_KEYS="${HDFS2OSS_KEYS:+$HDFS2OSS_KEYS$'\n'}${answer[1]}"
    exec "$BASH" "${BASH_SOURCE[0]}" "${answer[@]:2}"
}

find_python "$@"
take_keys_off "$@"
exec "$python" -I -c "$submit" "$packages" "$project" "${BASH_SOURCE[0]}" "$@"
