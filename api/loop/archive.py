"""Archive: of old plans the figures stay, bound and gap among them; the placements, which take most room, go."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, replace

from api.store import Many, One, Plan, Put, Store

_PAGE = 20


@dataclass(slots=True, eq=False)
class Archive:
    """Keeps the newest plans whole.

    Attributes:
        store: where they are.
        epoch: the leader's, in every write.
        kept: so many stay whole.
    """

    store: Store
    epoch: int
    kept: int
    _whole: deque[str] = field(default_factory=deque)
    _begun: bool = False

    async def add(self, plan_id: str) -> None:
        """Take note of a new plan, and shorten those that are one too many; a few at a time."""
        if not self._begun:
            await self._begin()
            self._begun = True
        if plan_id not in self._whole:
            self._whole.append(plan_id)
        for _ in range(_PAGE):
            if len(self._whole) <= self.kept:
                return
            plan = await self.store.read(One(Plan, self._whole.popleft()))
            if plan is not None and not _is_short(plan):
                await self.store.write(Put(record=_shortened(plan), expect=plan), epoch=self.epoch)

    async def _begin(self) -> None:
        """Find the plans that earlier leaders left whole: those before the first short one are done."""
        query: Many[Plan] | None = Many(Plan, limit=_PAGE, newest_first=True)
        while query is not None:
            page = await self.store.read(query)
            for plan in page.items:
                if len(self._whole) > self.kept and _is_short(plan):
                    return
                self._whole.appendleft(plan.id)
            query = replace(query, after=page.cursor) if page.cursor else None


def _is_short(plan: Plan) -> bool:
    return '"placements": []' in plan.document and '"rejections": []' in plan.document


def _shortened(plan: Plan) -> Plan:
    document = json.loads(plan.document) | {"placements": [], "rejections": []}
    return replace(plan, document=json.dumps(document))
