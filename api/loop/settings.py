"""How the loop goes about its work."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from scheduler import Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopSettings:
    """Figures of the loop; all have defaults.

    Attributes:
        slot_minutes: length of a slot of the plan.
        horizon_hours: how far a plan looks; further when a job needs it.
        horizon_hours_max: but no further than this.
        policy: how full plans are made.
        plan_time_limit_s: a full plan takes no longer than about this.
        gap: a full plan stops when this is proven.
        plan_every_s: between the end of one full plan and the start of the next, at least this.
        plan_wait_s: a tick waits this long for a plan under way; None waits for its end.
        admission_time_limit_s: the first answer to new jobs takes no longer than about this.
        admission_batch: most new jobs answered at once.
        document_placements_max: a plan of more placements is stored without them; the jobs carry theirs.
        tick_s: a tick comes at least this often, whatever happens.
        tick_pause_s: two ticks are at least this far apart.
        wall_limit_factor: an attempt is ended after runtime * this.
        poll_wait_s: a tick waits this long for the answers of backends; None waits for all of them.
        silence_s: after this long without an answer the state of an attempt is unknown.
        probe_s: backends are asked this often what their sites hold.
        site_silence_s: a site that has said nothing for this long is lost; until then it keeps its last capacity.
        abandon_s: a job all of whose sites have been lost for this long is planned anew elsewhere.
        recover_s: a replica at a lost site is placed anew within this time of the loss being seen, if there is room.
        attempts_max: attempts of a job in all; after the last it has failed.
        attempts_per_site: attempts lost at one site, after which the job avoids it.
        command_attempts: attempts of a job whose command itself fails.
        retry_s: first wait before another attempt; doubled with each.
        retry_s_max: longest wait.
        plans_kept: plans stored with their placements; older ones keep their figures.
        meter_minutes: usage of what runs is written at least this often.
        time_scale: simulated work takes runtime * this; commands take what they take.
    """

    slot_minutes: int = 15
    horizon_hours: float = 24.0
    horizon_hours_max: float = 7 * 24.0
    policy: Policy = field(default_factory=Policy)
    plan_time_limit_s: float = 10.0
    gap: float = 1e-4
    plan_every_s: float = 5.0
    plan_wait_s: float | None = 0.05
    admission_time_limit_s: float = 2.0
    admission_batch: int = 1_000
    document_placements_max: int = 2_000
    tick_s: float = 1.0
    tick_pause_s: float = 0.05
    wall_limit_factor: float = 1.5
    poll_wait_s: float | None = 2.0
    silence_s: float = 60.0
    probe_s: float = 10.0
    site_silence_s: float = 60.0
    abandon_s: float = 300.0
    recover_s: float = 60.0
    attempts_max: int = 6
    attempts_per_site: int = 2
    command_attempts: int = 1
    retry_s: float = 5.0
    retry_s_max: float = 600.0
    plans_kept: int = 200
    meter_minutes: float = 60.0
    time_scale: float = 1.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, int | float) and (
                value < 0 or (value == 0 and each.name not in _MAY_BE_ZERO)
            ):
                raise ValueError(f"loop setting {each.name} is {value}; it must be above 0")


_MAY_BE_ZERO = frozenset(
    {"gap", "plan_every_s", "plan_wait_s", "tick_pause_s", "retry_s", "retry_s_max", "abandon_s"}
)
