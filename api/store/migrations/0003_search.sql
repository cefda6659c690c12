-- What a search for a part of a name reads: names beside the order of the list, so that no job is opened in vain.

CREATE INDEX jobs_by_time_with_name ON jobs (tenant, created_at, id, name);
CREATE INDEX jobs_by_tenant_state_with_name ON jobs (tenant, state, created_at, id, name);
DROP INDEX jobs_by_time;
DROP INDEX jobs_by_tenant_state;
