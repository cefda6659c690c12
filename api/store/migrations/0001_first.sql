-- Everything the service keeps. {text} compares by bytes on every database; instants are microseconds since 1970 in UTC.

CREATE TABLE tenants (
    name {text} PRIMARY KEY,
    created_at BIGINT NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    quota {text} NOT NULL,
    jobs_max BIGINT,
    budget_cny_per_month {text},
    requests_per_second DOUBLE PRECISION,
    suspended BIGINT NOT NULL
);

CREATE TABLE keys (
    prefix {text} PRIMARY KEY,
    tenant {text} NOT NULL,
    digest {text} NOT NULL,
    scopes {text} NOT NULL,
    created_at BIGINT NOT NULL,
    name {text} NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX keys_by_tenant ON keys (tenant, prefix);

CREATE TABLE jobs (
    id {text} PRIMARY KEY,
    tenant {text} NOT NULL,
    name {text} NOT NULL,
    document {text} NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    month {text} NOT NULL,
    state {text} NOT NULL,
    version BIGINT NOT NULL,
    labels {text} NOT NULL,
    deadline_at BIGINT,
    site {text} NOT NULL,
    plan {text} NOT NULL,
    placement {text} NOT NULL,
    starts_at BIGINT,
    ends_at BIGINT,
    attempt BIGINT NOT NULL,
    retry_at BIGINT,
    cancel_asked BIGINT NOT NULL,
    reasons {text} NOT NULL,
    detail {text} NOT NULL,
    quote {text} NOT NULL,
    cost_cny {text} NOT NULL,
    finished_at BIGINT
);
CREATE INDEX jobs_by_time ON jobs (tenant, created_at, id);
CREATE INDEX jobs_by_tenant_state ON jobs (tenant, state, created_at, id);
CREATE INDEX jobs_by_state ON jobs (state, created_at, id);
CREATE INDEX jobs_by_name ON jobs (tenant, name, created_at, id);
CREATE INDEX jobs_by_site ON jobs (site, created_at, id) WHERE site <> '';

CREATE TABLE job_labels (
    tenant {text} NOT NULL,
    name {text} NOT NULL,
    value {text} NOT NULL,
    created_at BIGINT NOT NULL,
    job {text} NOT NULL,
    PRIMARY KEY (name, value, tenant, created_at, job)
);

CREATE TABLE attempts (
    id {text} NOT NULL UNIQUE,
    job {text} NOT NULL,
    number BIGINT NOT NULL,
    tenant {text} NOT NULL,
    site {text} NOT NULL,
    backend {text} NOT NULL,
    token BIGINT NOT NULL,
    state {text} NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    metered_until BIGINT,
    exit_code BIGINT,
    signal BIGINT,
    handle {text} NOT NULL,
    measured {text} NOT NULL,
    detail {text} NOT NULL,
    PRIMARY KEY (job, number)
);
CREATE INDEX attempts_by_state ON attempts (state, job, number);

CREATE TABLE plans (
    id {text} PRIMARY KEY,
    created_at BIGINT NOT NULL,
    policy {text} NOT NULL,
    status {text} NOT NULL,
    objective_cny DOUBLE PRECISION NOT NULL,
    lower_bound_cny DOUBLE PRECISION NOT NULL,
    gap DOUBLE PRECISION NOT NULL,
    solve_seconds DOUBLE PRECISION NOT NULL,
    world_digest {text} NOT NULL,
    document {text} NOT NULL,
    placed BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    epoch BIGINT NOT NULL
);

CREATE TABLE events (
    seq {seq} PRIMARY KEY,
    at BIGINT NOT NULL,
    tenant {text} NOT NULL,
    kind {text} NOT NULL,
    subject {text} NOT NULL,
    document {text} NOT NULL
);
CREATE INDEX events_by_tenant ON events (tenant, seq);

CREATE TABLE usages (
    attempt {text} NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    tenant {text} NOT NULL,
    job {text} NOT NULL,
    site {text} NOT NULL,
    month {text} NOT NULL,
    energy_kwh DOUBLE PRECISION NOT NULL,
    carbon_kg DOUBLE PRECISION NOT NULL,
    carbon_market_kg DOUBLE PRECISION NOT NULL,
    quantities {text} NOT NULL,
    parts_cny {text} NOT NULL,
    PRIMARY KEY (attempt, started_at)
);
CREATE INDEX usages_by_month ON usages (tenant, month, attempt, started_at);
CREATE INDEX usages_by_job ON usages (job, attempt, started_at);

CREATE TABLE bill_lines (
    tenant {text} NOT NULL,
    month {text} NOT NULL,
    job {text} NOT NULL,
    name {text} NOT NULL,
    total_cny {text} NOT NULL,
    parts_cny {text} NOT NULL,
    created_at BIGINT NOT NULL,
    carbon_kg DOUBLE PRECISION NOT NULL,
    energy_kwh DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (tenant, month, job)
);

CREATE TABLE idempotency (
    tenant {text} NOT NULL,
    key {text} NOT NULL,
    body_digest {text} NOT NULL,
    status BIGINT NOT NULL,
    answer {text} NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

CREATE TABLE audit (
    number {seq} PRIMARY KEY,
    at BIGINT NOT NULL,
    actor {text} NOT NULL,
    tenant {text} NOT NULL,
    action {text} NOT NULL,
    target {text} NOT NULL,
    document {text} NOT NULL,
    previous {text} NOT NULL,
    digest {text} NOT NULL
);

CREATE TABLE quotes (
    id {text} PRIMARY KEY,
    tenant {text} NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    document {text} NOT NULL,
    signature {text} NOT NULL,
    job {text} NOT NULL
);
CREATE INDEX quotes_by_expiry ON quotes (expires_at) WHERE job = '';

CREATE TABLE site_states (
    site {text} PRIMARY KEY,
    updated_at BIGINT NOT NULL,
    cordoned BIGINT NOT NULL,
    draining BIGINT NOT NULL,
    answering BIGINT NOT NULL,
    detail {text} NOT NULL
);

CREATE TABLE tallies (
    tenant {text} NOT NULL,
    period {text} NOT NULL,
    jobs_live BIGINT NOT NULL,
    committed_cny {text} NOT NULL,
    PRIMARY KEY (tenant, period)
);

CREATE TABLE heads (
    name {text} PRIMARY KEY,
    number BIGINT NOT NULL,
    digest {text} NOT NULL,
    seal {text} NOT NULL,
    holder {text} NOT NULL
);
