-- What PostgreSQL alone knows. Points are compressed already: the server need not try again.
ALTER TABLE mlops.chunks ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE mlops.tails ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE mlops.tails ALTER COLUMN stats SET STORAGE EXTERNAL;
ALTER TABLE mlops.chunk_stats ALTER COLUMN stats SET STORAGE EXTERNAL;
