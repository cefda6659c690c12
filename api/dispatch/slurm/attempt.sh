# One attempt inside its Slurm job. Above this stand the interpreter and `set -- COMMAND`; below it nothing.
# It takes the claim or does no work; what it writes, and who reads it, is told in papers.py.
cd "$EDWC_FOLDER" || exit 74
mkdir claim 2>/dev/null || exit 75
began=$(date +%s.%N)
echo "$SLURM_JOB_ID $began" > claim/by
mkdir -p work
pipes=$(mktemp -d) || pipes=$EDWC_FOLDER/claim
mkfifo "$pipes/stdout" "$pipes/stderr"

# Output is kept up to the cap; what lies beyond it, or finds the disk full, is counted and dropped.
keep() {
    trap '' TERM
    exec < "$pipes/$1"
    stdbuf -o0 head -c "$EDWC_LOG_BYTES" > "$1.log"
    wc -c > "$1.dropped"
}

# Shows that the attempt lives, and ends it when it is cancelled, settled by others, or over its time.
watch() {
    trap '' TERM
    beats=0 asked=0
    while :; do
        beats=$((beats + 1))
        echo "$beats" > claim/beat
        now=$(date +%s)
        if [ "$asked" = 0 ]; then
            why=
            [ $((now - ${began%.*})) -ge "$EDWC_WALL_SECONDS" ] && why=timeout
            [ -e cancel ] && why=cancelled
            [ -e result ] && why=settled
            if [ -n "$why" ]; then
                asked=$now
                echo "$why" > claim/why
                kill -s TERM -- "-$child"
            fi
        elif [ $((now - asked)) -ge "$EDWC_GRACE_SECONDS" ]; then
            kill -s KILL -- "-$child"
        fi
        sleep "$EDWC_BEAT_SECONDS"
    done
}

# Whoever links `result` first settles the attempt; a full disk is waited for, since the outcome is worth it.
settle() {
    times > claim/times
    {
        echo "code=$1"
        echo "why=$2"
        echo "told=$told"
        echo "began=$began"
        echo "ended=$(date +%s.%N)"
        echo "nodes=$SLURM_JOB_NODELIST"
    } > claim/draft
    until [ -e result ] || { [ -s claim/draft ] && ln claim/draft result; }; do
        sleep 1
        printf 'code=%s\nwhy=%s\ntold=%s\nbegan=%s\nended=%s\nnodes=%s\n' \
            "$1" "$2" "$told" "$began" "$(date +%s.%N)" "$SLURM_JOB_NODELIST" > claim/draft
    done
}

# The word to end may come before there is a command to pass it on to, or before that has a session of its own.
tell() {
    kill -s TERM -- "-$child" || kill -s TERM "$child"
}

told= child=
trap 'told=1; [ -z "$child" ] || tell' TERM
exec 2>/dev/null
if ! command -v "$1" > /dev/null; then
    : > stdout.log
    echo "$1: not found" > stderr.log
    settle 127 not_started
    exit 127
fi
keep stdout & out=$!
keep stderr & err=$!
(
    trap - TERM
    cd work || exit 74
    exec setsid "$@"
) > "$pipes/stdout" 2> "$pipes/stderr" < /dev/null &
child=$!
[ -z "$told" ] || tell
watch & watcher=$!
while :; do
    wait "$child"
    code=$?
    kill -0 "$child" || break
done
# The word cuts a wait short, and the command may have ended, and been seen to, before it is waited for again.
if [ -n "$told" ]; then
    wait "$child"
    again=$?
    [ "$again" = 127 ] || code=$again
fi
kill -s KILL -- "-$child"
kill -s KILL "$watcher"
( sleep 2; kill -s KILL "$out" "$err" ) &
wait "$out" "$err"
why=
[ -e claim/why ] && read -r why < claim/why
settle "$code" "$why"
case $pipes in "$EDWC_FOLDER"*) ;; *) rm -rf "$pipes" ;; esac
exit "$code"
