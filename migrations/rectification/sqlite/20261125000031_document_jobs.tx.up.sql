-- Documents of many orders at once, made in the background and kept for a week.
CREATE TABLE document_jobs (
    id          TEXT NOT NULL PRIMARY KEY,
    form        TEXT NOT NULL, -- order, close_out
    format      TEXT NOT NULL, -- docx, xlsx
    state       TEXT NOT NULL, -- running, done
    person_id   TEXT NOT NULL,
    actor       TEXT NOT NULL, -- JSON: whoever asked, with what they were granted then
    total       INTEGER NOT NULL,
    done        INTEGER NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until TIMESTAMP NOT NULL,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
) WITHOUT ROWID;
CREATE INDEX document_jobs_running ON document_jobs (id) WHERE state = 'running';

-- One document of a job.
CREATE TABLE document_parts (
    job_id           TEXT NOT NULL,
    position         INTEGER NOT NULL,
    rectification_id TEXT NOT NULL,
    name             TEXT NOT NULL, -- of the file; empty until it is made
    problem          TEXT NOT NULL, -- code of why it could not be made
    data             BLOB,
    PRIMARY KEY (job_id, position)
);
