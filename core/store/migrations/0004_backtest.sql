-- What staff try on a resident's past: the pages ask, the detectors answer.

CREATE TABLE backtest (
    backtest_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resident_id  integer NOT NULL REFERENCES resident ON DELETE CASCADE,
    user_id      integer NOT NULL REFERENCES user_account,
    asked_at     timestamptz NOT NULL,
    -- Weeks, rules, settings, budget, and what really happened.
    wish         jsonb NOT NULL,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    -- How often it was begun: one that ends every worker is given up.
    attempts     integer NOT NULL DEFAULT 0,
    -- The share that is done, 0 to 1.
    progress     real NOT NULL DEFAULT 0,
    -- Why it failed, in one word.
    problem      text,
    -- Figures and findings, with places.
    result       jsonb,
    finished_at  timestamptz
);
CREATE INDEX backtest_resident ON backtest (resident_id, backtest_id DESC);
CREATE INDEX backtest_open ON backtest (backtest_id) WHERE state IN ('waiting', 'running');
