-- When an unassigned call was said to be over, so that the order in which workers store what they received makes no difference.

ALTER TABLE unassigned_call ADD COLUMN over_at timestamptz;

UPDATE unassigned_call SET over_at = last_at WHERE is_over;

ALTER TABLE unassigned_call DROP COLUMN is_over;
