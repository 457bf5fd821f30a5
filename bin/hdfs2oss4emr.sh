#!/usr/bin/env bash
# Runs a copy on Spark: hdfs2oss4emr.sh [options of spark-submit and of hdfs2oss] SOURCE... TARGET
#
# 1. Keys leave the command line, which anybody can read in `ps`: the words go through a pipe to the one parser
#    (hdfs2oss/commandline/handover.py) and come back without keys, and this script starts itself again with
#    what came back. No child process is ever given a key as an argument. HDFS2OSS_KEYS carries them on; its form,
#    and what counts as keys, is told in hdfs2oss/model/handover.py.
# 2. The words are sorted into those for spark-submit and those for hdfs2oss.
# 3. spark-submit takes this process's place. Only where a driver runs in the cluster (--deploy-mode cluster)
#    it is waited for, because a key file must be removed afterwards.
set -euo pipefail

project=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
ask_parser='import sys; sys.path.insert(0, sys.argv[1]); from hdfs2oss.commandline.handover import main; main()'
advice='Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET instead, and write oss://bucket/path.'

usage() {
    cat <<'TEXT'
usage: hdfs2oss4emr.sh [options] SOURCE... TARGET

Runs hdfs2oss through spark-submit. Options of spark-submit are known by their names (--master,
--deploy-mode, --conf, --queue, --num-executors, --executor-cores, --executor-memory, --driver-memory,
--name, --properties-file, --archives, --files, --py-files, --jars, --principal, --keytab, ...) and may
stand anywhere before a lone --; all others go to hdfs2oss. "hdfs2oss --help" lists those.

  --print-command  print the command that would run, without secrets, and do nothing
  --help           this text

Keys: oss://id:secret[:token]@bucket.endpoint/path, -Dfs.oss.accessKeyId=... and
--conf spark.hadoop.fs.oss.accessKeyId=... are taken off the command line before anything is started, and
handed over in the environment (HDFS2OSS_KEYS). Your shell's history still has them; OSS_ACCESS_KEY_ID,
OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN in the environment are better.

Python: PYSPARK_PYTHON, else .venv of this project, else python3. Executors use the same path, so it must
exist on every node; else ship an environment with --archives and name it with --conf spark.pyspark.python.
Keys are taken off by the first of these that is here.
spark-submit: that of SPARK_HOME, else of the PATH, else of the pyspark beside that Python.

The exit code is that of hdfs2oss, 143 or 130 after SIGTERM or SIGINT. With --deploy-mode cluster
spark-submit gives 0 or 1 only, and environments do not travel: on YARN keys go along as a file that only
its owner can read (--files), removed here at the end. The nodes keep copies for the containers' user in
YARN's cache until it is cleaned, so client mode, or a Hadoop credential provider, is better. On other
clusters the wrapper refuses to send keys.

  hdfs2oss4emr.sh --master yarn --num-executors 10 -update hdfs:///data oss://bucket/data
TEXT
}

die() {
    printf 'hdfs2oss4emr.sh: %s\n' "$1" >&2
    [[ -z ${2:-} ]] || printf '  %s\n' "$2" >&2
    exit 2
}

# --- 1. keys ---------------------------------------------------------------------------------------------

# Whether the parser must be asked. Words without any of these never hold keys; with them, they may.
may_hold_keys() {
    local LC_ALL=C word
    for word; do
        word=${word,,}
        if [[ $word == *oss://*[:@]* || $word =~ secret|passw|token|access ]]; then return 0; fi
    done
    return 1
}

# The Python that asks the parser: the standard library is all it needs.
find_parser_python() {
    for parser_python in "${PYSPARK_PYTHON:-}" "$project/.venv/bin/python" python3; do
        if [[ -n $parser_python ]] && command -v "$parser_python" >/dev/null; then return; fi
    done
    die 'there are keys on the command line, and no python3 on the PATH to take them off' "$advice"
}

take_keys_off() {
    local answer=() field parser_python
    may_hold_keys "$@" || return 0
    find_parser_python
    # The loop runs in this very shell, and nothing goes on before all three have ended.
    shopt -s lastpipe
    printf '%s\0' "$@" |
        "$parser_python" -I -S -c "$ask_parser" "$project" |
        while IFS= read -r -d '' field; do answer+=("$field"); done ||
        die "keys cannot be taken off the command line: $parser_python failed" "$advice"
    case ${answer[0]:-} in
        clean) ;;
        refused) die "${answer[1]}" "${answer[2]}" ;;
        *) die "keys cannot be taken off the command line: $parser_python gave no answer" "$advice" ;;
    esac
    [[ -n ${answer[1]} ]] || return 0
    export HDFS2OSS_KEYS="${HDFS2OSS_KEYS:+$HDFS2OSS_KEYS$'\n'}${answer[1]}"
    exec "$BASH" "${BASH_SOURCE[0]}" "${answer[@]:2}"
}

# --- 2. whose words they are -----------------------------------------------------------------------------

spark_words=() tool_words=() files='' master='' deploy_mode='' print_only='' folder=''

spark_option() { # name value
    case $1 in
        --files)
            files+=${files:+,}$2
            return
            ;;
        --master) master=$2 ;;
        --deploy-mode) deploy_mode=$2 ;;
        --conf | -c)
            case $2 in
                spark.master=*) master=${2#*=} ;;
                spark.submit.deployMode=*) deploy_mode=${2#*=} ;;
            esac
            ;;
    esac
    spark_words+=("$1" "$2")
}

sort_words() {
    local word
    while (($#)); do
        word=$1
        shift
        case ${word%%=*} in
            --master | --deploy-mode | --conf | -c | --name | --class | --queue | --properties-file | --archives | --files | \
                --py-files | --jars | --packages | --exclude-packages | --repositories | --principal | --keytab | \
                --proxy-user | --num-executors | --executor-memory | --executor-cores | --total-executor-cores | \
                --driver-memory | --driver-cores | --driver-java-options | --driver-library-path | --driver-class-path)
                if [[ $word == --*=* ]]; then
                    spark_option "${word%%=*}" "${word#*=}"
                elif (($#)); then
                    spark_option "$word" "$1"
                    shift
                else
                    die "$word needs a value"
                fi
                ;;
            --supervise | --load-spark-defaults) spark_words+=("$word") ;;
            --print-command) print_only=yes ;;
            --)
                tool_words+=("$@")
                return
                ;;
            *) tool_words+=("$word") ;;
        esac
    done
}

# --- 3. the command --------------------------------------------------------------------------------------

find_python() {
    if [[ -z ${PYSPARK_PYTHON:-} ]]; then
        PYSPARK_PYTHON=$project/.venv/bin/python
        [[ -x $PYSPARK_PYTHON ]] || PYSPARK_PYTHON=$(command -v python3) || die 'there is no python3 on the PATH'
    fi
    # Spark's own scripts look for it, and executors use it.
    export PYSPARK_PYTHON
}

find_spark_submit() {
    local beside
    if [[ -n ${SPARK_HOME:-} ]]; then
        spark_submit=$SPARK_HOME/bin/spark-submit
        [[ -x $spark_submit ]] || die "SPARK_HOME is $SPARK_HOME, but $spark_submit cannot be run"
        return
    fi
    beside=$(dirname "$PYSPARK_PYTHON")/spark-submit
    spark_submit=$(command -v spark-submit) || spark_submit=$beside
    [[ -x $spark_submit ]] || die 'there is no spark-submit on the PATH' 'Set SPARK_HOME, or install pyspark beside the Python.'
}

# Keys for a driver in the cluster: all that this environment holds.
keys_to_send() {
    printf '%s\n' "${HDFS2OSS_KEYS:-}"
    if [[ -n ${OSS_ACCESS_KEY_ID:-} && -n ${OSS_ACCESS_KEY_SECRET:-} ]]; then
        printf '* %s %s %s -\n' "$OSS_ACCESS_KEY_ID" "$OSS_ACCESS_KEY_SECRET" "${OSS_SESSION_TOKEN:--}"
    fi
}

print_command() {
    printf '%q ' "${command[@]}"
    printf '\n'
}

run_in_cluster() {
    local name child
    if [[ -n ${HDFS2OSS_KEYS:-}${OSS_ACCESS_KEY_SECRET:-} ]]; then
        case $master in
            '' | yarn*) ;;
            *) die "keys cannot be handed safely to a driver in the cluster of $master" 'Use --deploy-mode client, or fs.oss.* keys in a Hadoop credential provider.' ;;
        esac
        folder=${TMPDIR:-/tmp}/hdfs2oss.keys.$$
        if [[ -z $print_only ]]; then
            folder=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/hdfs2oss.XXXXXXXX")
            trap 'rm -rf -- "$folder"' EXIT
            (umask 077 && keys_to_send >"$folder/hdfs2oss.keys")
        fi
        files+=${files:+,}$folder/hdfs2oss.keys
        spark_words+=(--conf spark.yarn.appMasterEnv.HDFS2OSS_KEYS_FILE=hdfs2oss.keys)
    fi
    for name in OSS_ENDPOINT OSS_REGION OSS_SIGNATURE_VERSION; do
        [[ -z ${!name:-} ]] || spark_words+=(--conf "spark.yarn.appMasterEnv.$name=${!name}")
    done
    assemble
    if [[ -n $print_only ]]; then print_command && return; fi
    unset HDFS2OSS_KEYS
    "${command[@]}" &
    child=$!
    trap 'kill "$child" 2>/dev/null; exit 143' TERM
    trap 'kill "$child" 2>/dev/null; exit 130' INT
    wait "$child"
}

assemble() {
    [[ -z $files ]] || spark_words+=(--files "$files")
    command=("$spark_submit" ${spark_words[@]+"${spark_words[@]}"} "$project/jobs/hdfs2oss.py" ${tool_words[@]+"${tool_words[@]}"})
}

take_keys_off "$@"
sort_words "$@"
case " ${*:1} " in *' --help '* | *' -help '* | *' -h '*) usage && exit 0 ;; esac
if ((${#tool_words[@]} == 0)); then
    usage >&2
    exit 2
fi
find_python
find_spark_submit
if [[ $deploy_mode == cluster ]]; then
    run_in_cluster
    exit
fi
assemble
if [[ -n $print_only ]]; then print_command && exit 0; fi
exec "${command[@]}"
