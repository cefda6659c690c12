"""Reads a benchmark instance (.npz) into the optimizer's array problem."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scheduler.optimizer import Problem


def read_instance(path: Path | str) -> Problem:
    """The problem of an instance file: one row a job, one leading transfer where the job has one.

    Links are 2S: egress of site s is link s, ingress is link S + s.
    """
    with np.load(path) as data:
        jobs, sites = int(data["N"]), data["cap"].shape[0]
        moves = data["ts"] > 0
        link_capacity = data["lcap"].astype(np.float64)
        from_site, to_site = np.divmod(np.arange(sites * sites), sites)
        if link_capacity.shape[0]:
            remote = from_site != to_site
            links = np.stack([from_site, sites + to_site], axis=1)[remote].ravel()
            lengths = np.where(remote, 2, 0)
        else:
            moves = np.zeros(jobs, dtype=bool)
            links, lengths = np.zeros(0), np.zeros(sites * sites)
        return Problem(
            base_price=np.ascontiguousarray(data["base"], dtype=np.float64),
            capacity=np.ascontiguousarray(data["cap"], dtype=np.float64),
            link_capacity=np.ascontiguousarray(link_capacity),
            penalty=data["pen"].astype(np.float64),
            row_job=np.arange(jobs),
            demand=np.ascontiguousarray(data["q"], dtype=np.float64),
            duration=data["d"].astype(np.int64),
            last_slot_share=np.ones(jobs),
            release=data["rel"].astype(np.int64),
            deadline=data["ddl"].astype(np.int64),
            due=data["due"].astype(np.int64),
            late_cost=data["late"].astype(np.float64),
            eligible=np.ascontiguousarray(data["elig"].astype(bool)),
            place=data["dsite"].astype(np.int64),
            place_weight=data["vol"].astype(np.float64),
            place_cost=np.ascontiguousarray(data["TC"], dtype=np.float64),
            transfer_pointer=np.concatenate([[0], np.cumsum(moves)]).astype(np.int64),
            transfer_place=data["dsite"][moves].astype(np.int64),
            transfer_rate=data["rate"][moves].astype(np.float64),
            transfer_slots=data["ts"][moves].astype(np.int64),
            route_pointer=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            route_link=links.astype(np.int64),
            start_mask_of=np.full(jobs, -1, dtype=np.int64),
        )
