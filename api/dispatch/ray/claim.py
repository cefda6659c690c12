"""The claim: what runs before a command on the cluster, so that the same attempt, submitted again, works once.

A head that was killed forgets its jobs, and some of them may run on. So an attempt is claimed by making a folder.
Whoever is submitted later under the same name finds it, waits until the first has written down how it ended, shows
its output, and leaves with its exit code: what was unknown is known again. To end an attempt that the head has
forgotten, another script under the same name claims it, or ends who did.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence

NOT_CLAIMED = 218  # the claim could not be written: nothing has run
NOT_KNOWN = 219  # the claimant is gone and has left no exit code
ELSEWHERE = 220  # the claimant works on another node, which cannot be seen from here
ENDED = 143

# A process is told from a later one of its number by when it began. `end` gets its room when the claim is made, and
# is overwritten in place: a disk that has filled up meanwhile cannot take the exit code away. Who writes
# that is the claimant: as long as it lives the outcome will be known, though whoever began it may be gone. What is left
# of its session when it is gone is ended before the attempt is called cut off.
_WORDS = """
me() { echo "$(hostname) $1 $(cut -d" " -f22 /proc/$1/stat 2>/dev/null)"; }
over() { read code < "$d/end" 2>/dev/null; case $code in [0-9]*) return 0;; esac; return 1; }
same() { read host pid began _ sid since < "$d/who"; [ "$(me $pid)" = "$host $pid $began" ]; }
lives() { same && [ "$(cut -d" " -f3 /proc/$pid/stat 2>/dev/null)" != Z ]; }
tell() {
  [ ! -d /proc/$sid ] || [ "$(me $sid)" = "$host $sid $since" ] || return
  for stat in /proc/[0-9]*/stat; do
    [ "$(sed 's/.*) //' "$stat" 2>/dev/null | cut -d" " -f4)" = "$sid" ] || continue
    one=${stat%/stat}; kill -"$1" "${one#/proc/}" 2>/dev/null
  done
}
named() { n=0; until [ -s "$d/who" ]; do [ $n -lt 10 ] || return; sleep 1; n=$((n + 1)); done; }
far() { read host rest < "$d/who"; [ "$host" != "$(hostname)" ]; }
"""

# The word to end reaches every process: the work heeds it, and all around it wait until the work's end is written down.
_RUN = (
    _WORDS
    + """
d=$1; cap=$2; shift 2
mkdir -p "${d%/*}" || exit 218
if ! mkdir "$d" 2>/dev/null; then
  [ -d "$d" ] || exit 218
  until over; do
    named || exit 219
    far && exit 220
    lives || { sleep 1; over || { tell KILL; exit 219; }; }
    sleep 1
  done
  cat "$d/log" 2>/dev/null
  exit $code
fi
trap : TERM
{
  trap : TERM
  read self rest < /proc/self/stat
  { echo --- > "$d/end" && echo "$(me $self) $(me $$)" > "$d/who"; } 2>/dev/null && [ -s "$d/who" ] ||
    { rm -r "$d"; exit 218; }
  "$@"
  printf "%-3s\\n" $? 1<> "$d/end"
} 2>&1 | { trap "" TERM; head -c "$cap" | tee "$d/log" 2>/dev/null; cat > /dev/null; }
[ -d "$d" ] || exit 218
over || exit 219
exit $code
"""
)

_END = (
    _WORDS
    + """
d=$1; grace=$2; told=
mkdir -p "${d%/*}" || exit 218
if mkdir "$d" 2>/dev/null; then echo 143 > "$d/end"; exit 143; fi
until over; do
  named || break
  far && exit 220
  lives || { tell KILL; break; }
  told=1; tell TERM
  n=0; while [ $n -lt "$grace" ] && lives; do sleep 1; n=$((n + 1)); done
  over || { tell KILL; sleep 1; }
done
over || { echo 143 > "$d/end"; exit 143; }
[ -z "$told" ] || [ "$code" = 0 ] || exit 143
exit $code
"""
)


def entrypoint(
    folder: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    cap_bytes: int,
    limit_s: int,
    grace_s: int,
) -> str:
    """Return the shell command that claims an attempt and runs its command under a time limit.

    Args:
        folder: of the claim, on the cluster.
        command: what to run.
        environment: what it may know of itself.
        cap_bytes: of its output this much is kept.
        limit_s: after this it is told to end.
        grace_s: and after this much more, ended.
    """
    variables = [f"{name}={value}" for name, value in environment.items()]
    limited = ["timeout", "-k", str(grace_s), str(limit_s), *command]
    return shlex.join(["exec", "sh", "-c", _RUN, "edwc", folder, str(cap_bytes), "env", *variables, *limited])


# A claim goes once its exit code has stood for so long; one without a code stays, since how it ended is not known.
_SWEEP = """
find "$1" -mindepth 2 -maxdepth 2 -name end -mmin +"$2" 2>/dev/null | while read -r end; do
  read code < "$end"; d=${end%/*}
  for kept in $3; do [ "${d##*/}" = "$kept" ] && continue 2; done
  case $code in [0-9]*) rm -r "$d";; esac
done
"""


def sweeping(claims: str, *, minutes: int, keep: Collection[str]) -> str:
    """Return the shell command that removes claims that were settled long ago.

    Args:
        claims: the folder of all claims.
        minutes: for so long they have been.
        keep: attempts whose claims stay.
    """
    return shlex.join(["exec", "sh", "-c", _SWEEP, "edwc", claims, str(minutes), " ".join(sorted(keep))])


def ending(folder: str, *, grace_s: int) -> str:
    """Return the shell command that sees to it that an attempt ends, or never begins.

    Args:
        folder: of the claim, on the cluster.
        grace_s: between the word to end and the end.
    """
    return shlex.join(["exec", "sh", "-c", _END, "edwc", folder, str(grace_s)])
