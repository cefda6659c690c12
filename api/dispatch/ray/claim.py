"""The claim: what runs before a command on the cluster, so that the same attempt, submitted again, works once.

A head that was killed forgets its jobs, and some of them may run on. So an attempt is claimed by making a folder.
Whoever is submitted later under the same name finds it, waits until the first has written down how it ended, shows
its output, and leaves with its exit code: what was unknown is known again. To end an attempt that the head has
forgotten, another script under the same name claims it, or ends who did.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

NOT_KNOWN = 219  # the claimant is gone and has left no exit code; no program is known to use this code
ELSEWHERE = 220  # the claimant works on another node, which cannot be seen from here
ENDED = 143

_LIVING = 'me() { echo "$(hostname) $1 $(cut -d" " -f22 /proc/$1/stat 2>/dev/null)"; }\n'

_RUN = (
    _LIVING
    + """
d=$1; cap=$2; shift 2
mkdir -p "${d%/*}" || exit 219
if ! mkdir "$d" 2>/dev/null; then
  until [ -f "$d/code" ]; do
    [ -s "$d/who" ] || { sleep 1; [ -s "$d/who" ] || exit 219; }
    read host pid began < "$d/who"
    [ "$host" = "$(hostname)" ] || exit 220
    if [ "$(me $pid)" != "$host $pid $began" ]; then sleep 1; [ -f "$d/code" ] || exit 219; fi
    sleep 1
  done
  cat "$d/log" 2>/dev/null
  exit "$(cat "$d/code")"
fi
me $$ > "$d/who"
{ "$@"; echo $? > "$d/code.new"; } 2>&1 | { head -c "$cap" | tee "$d/log"; cat > /dev/null; }
mv "$d/code.new" "$d/code"
exit "$(cat "$d/code")"
"""
)

_END = (
    _LIVING
    + """
d=$1
mkdir -p "${d%/*}" || exit 219
if mkdir "$d" 2>/dev/null; then echo 143 > "$d/code"; exit 143; fi
until [ -f "$d/code" ]; do
  [ -s "$d/who" ] || { sleep 1; [ -s "$d/who" ] || break; }
  read host pid began < "$d/who"
  [ "$host" = "$(hostname)" ] || exit 220
  [ "$(me $pid)" = "$host $pid $began" ] || break
  kill -TERM -$pid 2>/dev/null || kill -TERM $pid; sleep 3
  kill -KILL -$pid 2>/dev/null || kill -KILL $pid 2>/dev/null; sleep 1
done
[ -f "$d/code" ] || echo 143 > "$d/code"
exit "$(cat "$d/code")"
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


def ending(folder: str) -> str:
    """Return the shell command that sees to it that an attempt ends, or never begins."""
    return shlex.join(["exec", "sh", "-c", _END, "edwc", folder])
