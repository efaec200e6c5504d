-- Documents of many orders at once, made in the background and kept for a week.
CREATE TABLE document_jobs (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    form        TEXT COLLATE "C" NOT NULL, -- order, close_out
    format      TEXT COLLATE "C" NOT NULL, -- docx, xlsx
    state       TEXT COLLATE "C" NOT NULL, -- running, done
    person_id   TEXT COLLATE "C" NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL, -- JSON: whoever asked, with what they were granted then
    total       BIGINT NOT NULL,
    done        BIGINT NOT NULL,
    lease_owner TEXT COLLATE "C" NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    started_at  TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);
CREATE INDEX document_jobs_running ON document_jobs (id) WHERE state = 'running';

-- One document of a job.
CREATE TABLE document_parts (
    job_id           TEXT COLLATE "C" NOT NULL,
    position         BIGINT NOT NULL,
    rectification_id TEXT COLLATE "C" NOT NULL,
    name             TEXT COLLATE "C" NOT NULL, -- of the file; empty until it is made
    problem          TEXT COLLATE "C" NOT NULL, -- code of why it could not be made
    data             BYTEA,
    PRIMARY KEY (job_id, position)
);
