#!/usr/bin/env bash
# Runs a copy on Spark: hdfs2oss4emr.sh [options of spark-submit and of hdfs2oss] SOURCE... TARGET
#
# 1. Keys leave the command line, which anybody can read in `ps`: in pure bash, so that no child process
#    ever gets them, then this script starts itself again without them. HDFS2OSS_KEYS carries them on; its
#    form, and what counts as keys, is that of hdfs2oss/model/handover.py.
# 2. The words are sorted into those for spark-submit and those for hdfs2oss.
# 3. spark-submit takes this process's place. Only where a driver runs in the cluster (--deploy-mode cluster)
#    it is waited for, because a key file must be removed afterwards.
set -euo pipefail

advice='Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET instead, and write oss://bucket/path.'
looks_secret='secret|passw|securitytoken|access[._-]?key'
without_keys='^[^:@.]*(\.[^:@]*(:[0-9]*)?)?$'
place_form='^([a-z0-9][a-z0-9-]{1,61}[a-z0-9])(\.([A-Za-z0-9.-]+(:[0-9]+)?))?$'
oss_word='^(-[^=]*=)?[oO][sS][sS]://(.*)$'
oss_inside='[oO][sS][sS]://(.*)$'

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

declare -A keys_of=() defined=()
clean_word=''

has_keys() {
    [[ ! ${1%%/*} =~ $without_keys ]]
}

holds_keys() {
    local rest=$1
    while [[ $rest =~ $oss_inside ]]; do
        rest=${BASH_REMATCH[1]}
        if has_keys "${rest%%[[:space:]]*}"; then return 0; fi
    done
    return 1
}

remember_keys() { # bucket id secret token endpoint
    local line="$2 $3 ${4:--} ${5:--}"
    if [[ "$2$3$4" =~ [[:space:]] ]]; then die "a key for the bucket '$1' holds white space" "$advice"; fi
    if [[ ${keys_of[$1]:-$line} != "$line" ]]; then
        die "two arguments give different keys for the bucket $1" "$advice"
    fi
    keys_of[$1]=$line
}

# The word without keys goes to clean_word. Keys end at the first @ that a bucket's name follows.
split_word() {
    local rest option before='' id remainder place
    clean_word=$1
    holds_keys "$1" || return 0
    [[ $1 =~ $oss_word ]] || die "an argument that is no oss:// path holds the keys of one" "$advice"
    option=${BASH_REMATCH[1]} rest=${BASH_REMATCH[2]}
    while [[ $rest == *@* ]]; do
        before+=${rest%%@*} rest=${rest#*@}
        id=${before%%:*} remainder=${before:${#id}+1} place=${rest%%/*}
        if [[ -n $id && -n ${remainder%%:*} && $place =~ $place_form ]]; then
            local bucket=${BASH_REMATCH[1]} endpoint=${BASH_REMATCH[3]} secret=${remainder%%:*}
            remember_keys "$bucket" "$id" "$secret" "${remainder:${#secret}+1}" "$endpoint"
            clean_word="${option}oss://$bucket${rest:${#place}}"
            return 0
        fi
        before+=@
    done
    die "the keys in an oss:// path are not of the form oss://id:secret@bucket.endpoint/path" "$advice"
}

# Whether key=value is a secret; if so, it is remembered.
take_definition() { # what-it-is-called key=value
    local key=${2%%=*}
    if [[ $2 != *=* || ! ${key,,} =~ $looks_secret ]]; then return 1; fi
    case ${key,,} in
        fs.oss.accesskeyid | fs.oss.accesskeysecret | fs.oss.securitytoken) defined[${key,,}]=${2#*=} ;;
        *) die "$1$key holds a secret, and a command line can be read by anybody" "$advice" ;;
    esac
}

# Spark's own secrets (of its key stores, say) are its own business; those for OSS are ours.
take_conf() {
    if [[ $1 == spark.hadoop.fs.oss.* ]]; then take_definition '--conf spark.hadoop.' "${1#spark.hadoop.}"; else return 1; fi
}

take_keys_off() {
    local LC_ALL=C clean=() word bucket
    while (($#)); do
        word=$1
        shift
        case $word in
            -D | --property) if (($#)) && take_definition -D "$1"; then shift && continue; fi ;;
            --property=*) if take_definition -D "${word#--property=}"; then continue; fi ;;
            -D*) if take_definition -D "${word#-D}"; then continue; fi ;;
            --conf | -c) if (($#)) && take_conf "$1"; then shift && continue; fi ;;
            --conf=*) if take_conf "${word#--conf=}"; then continue; fi ;;
        esac
        split_word "$word"
        clean+=("$clean_word")
    done
    if ((${#defined[@]})); then
        local id=${defined[fs.oss.accesskeyid]:-} secret=${defined[fs.oss.accesskeysecret]:-}
        if [[ -z $id || -z $secret ]]; then
            die 'fs.oss.accessKeyId and fs.oss.accessKeySecret come together or not at all' "$advice"
        fi
        remember_keys '*' "$id" "$secret" "${defined[fs.oss.securitytoken]:-}" ''
    fi
    ((${#keys_of[@]})) || return 0
    HDFS2OSS_KEYS=${HDFS2OSS_KEYS:+$HDFS2OSS_KEYS$'\n'}
    for bucket in "${!keys_of[@]}"; do
        HDFS2OSS_KEYS+="$bucket ${keys_of[$bucket]}"$'\n'
    done
    export HDFS2OSS_KEYS
    unset LC_ALL
    exec "$BASH" "${BASH_SOURCE[0]}" ${clean[@]+"${clean[@]}"}
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
project=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
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
