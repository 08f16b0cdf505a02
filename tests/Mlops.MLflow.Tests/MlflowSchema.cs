namespace Mlops.MLflow.Tests;

/// <summary>Tables as MLflow created them over the years, with what an import reads of them.</summary>
internal static class MlflowSchema
{
    public const string RunA = "0123456789abcdef0123456789abcd00";
    public const string RunB = "0123456789abcdef0123456789abcd01";

    /// <summary>Before the first migration, and without what came even before that: no stages, steps, NaN, locations of artifacts.</summary>
    public const string V0 =
        """
        CREATE TABLE experiments (experiment_id INTEGER NOT NULL, name VARCHAR(256) NOT NULL, PRIMARY KEY (experiment_id), UNIQUE (name));
        CREATE TABLE runs (run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), source_type VARCHAR(20), source_name VARCHAR(500),
            entry_point_name VARCHAR(50), user_id VARCHAR(256), status VARCHAR(20), start_time BIGINT, end_time BIGINT,
            source_version VARCHAR(50), experiment_id INTEGER, CONSTRAINT run_pk PRIMARY KEY (run_uuid));
        CREATE TABLE params (key VARCHAR(250) NOT NULL, value VARCHAR(250) NOT NULL, run_uuid VARCHAR(32) NOT NULL, PRIMARY KEY (key, run_uuid));
        CREATE TABLE metrics (key VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL, run_uuid VARCHAR(32) NOT NULL,
            CONSTRAINT metric_pk PRIMARY KEY (key, timestamp, run_uuid));
        """;

    /// <summary>1.x: steps and NaN, tags of experiments, the registry; nothing is indexed by run.</summary>
    public const string V1 =
        """
        CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
        CREATE TABLE experiments (experiment_id INTEGER NOT NULL, name VARCHAR(256) NOT NULL, artifact_location VARCHAR(256),
            lifecycle_stage VARCHAR(32), PRIMARY KEY (experiment_id), UNIQUE (name));
        CREATE TABLE experiment_tags (key VARCHAR(250) NOT NULL, value VARCHAR(5000), experiment_id INTEGER NOT NULL, PRIMARY KEY (key, experiment_id));
        CREATE TABLE runs (run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), source_type VARCHAR(20), source_name VARCHAR(500),
            entry_point_name VARCHAR(50), user_id VARCHAR(256), status VARCHAR(9), start_time BIGINT, end_time BIGINT, source_version VARCHAR(50),
            lifecycle_stage VARCHAR(20), artifact_uri VARCHAR(200), experiment_id INTEGER, PRIMARY KEY (run_uuid));
        CREATE TABLE params (key VARCHAR(250) NOT NULL, value VARCHAR(250) NOT NULL, run_uuid VARCHAR(32) NOT NULL, PRIMARY KEY (key, run_uuid));
        CREATE TABLE tags (key VARCHAR(250) NOT NULL, value VARCHAR(5000), run_uuid VARCHAR(32) NOT NULL, PRIMARY KEY (key, run_uuid));
        CREATE TABLE metrics (key VARCHAR(250), value FLOAT, timestamp BIGINT, run_uuid VARCHAR(32), step BIGINT DEFAULT '0',
            is_nan BOOLEAN DEFAULT '0', PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan));
        CREATE TABLE latest_metrics (key VARCHAR(250), value FLOAT, timestamp BIGINT, step BIGINT, is_nan BOOLEAN, run_uuid VARCHAR(32));
        CREATE TABLE registered_models (name VARCHAR(256) NOT NULL, creation_time BIGINT, last_updated_time BIGINT, description VARCHAR(5000), PRIMARY KEY (name));
        CREATE TABLE model_versions (name VARCHAR(256) NOT NULL, version INTEGER NOT NULL, creation_time BIGINT, source VARCHAR(500),
            run_id VARCHAR(32), status VARCHAR(20), PRIMARY KEY (name, version));
        """;

    /// <summary>What 3.x added, with a run's output: a model that is not in the run's own folder.</summary>
    public const string V3 =
        """
        CREATE TABLE datasets (dataset_uuid VARCHAR(36) NOT NULL, experiment_id INTEGER NOT NULL, name VARCHAR(500) NOT NULL, digest VARCHAR(36) NOT NULL,
            dataset_source_type VARCHAR(36) NOT NULL, dataset_source TEXT NOT NULL, PRIMARY KEY (experiment_id, name, digest));
        CREATE TABLE inputs (input_uuid VARCHAR(36) NOT NULL, source_type VARCHAR(36) NOT NULL, source_id VARCHAR(36) NOT NULL,
            destination_type VARCHAR(36) NOT NULL, destination_id VARCHAR(36) NOT NULL, step BIGINT DEFAULT '0' NOT NULL);
        CREATE TABLE input_tags (input_uuid VARCHAR(36) NOT NULL, name VARCHAR(255) NOT NULL, value VARCHAR(500) NOT NULL);
        CREATE TABLE logged_models (model_id VARCHAR(36) NOT NULL, experiment_id INTEGER NOT NULL, name VARCHAR(500) NOT NULL,
            artifact_location VARCHAR(1000) NOT NULL, creation_timestamp_ms BIGINT NOT NULL, last_updated_timestamp_ms BIGINT NOT NULL, status INTEGER NOT NULL,
            lifecycle_stage VARCHAR(32), model_type VARCHAR(500), source_run_id VARCHAR(32), status_message VARCHAR(1000), PRIMARY KEY (model_id));
        CREATE TABLE logged_model_params (model_id VARCHAR(36) NOT NULL, experiment_id INTEGER, param_key VARCHAR(255), param_value TEXT);
        CREATE TABLE logged_model_tags (model_id VARCHAR(36) NOT NULL, experiment_id INTEGER, tag_key VARCHAR(255), tag_value TEXT);
        CREATE TABLE logged_model_metrics (model_id VARCHAR(36) NOT NULL, metric_name VARCHAR(500), metric_timestamp_ms BIGINT, metric_step BIGINT,
            metric_value FLOAT, experiment_id INTEGER, run_id VARCHAR(32), dataset_uuid VARCHAR(36), dataset_name VARCHAR(500), dataset_digest VARCHAR(36));
        CREATE TABLE trace_info (request_id VARCHAR(50) NOT NULL, experiment_id INTEGER NOT NULL, timestamp_ms BIGINT NOT NULL, PRIMARY KEY (request_id));
        CREATE TABLE spans (trace_id VARCHAR(50) NOT NULL, span_id VARCHAR(50) NOT NULL, content TEXT NOT NULL, PRIMARY KEY (trace_id, span_id));
        CREATE TABLE webhooks (webhook_id VARCHAR(256) NOT NULL, name VARCHAR(256) NOT NULL, PRIMARY KEY (webhook_id));
        """;

    /// <summary>An experiment and two finished runs in the tables of 1.x.</summary>
    public const string TwoRuns =
        $"""
        INSERT INTO experiments VALUES (1, 'e', '/nowhere', 'active');
        INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage, experiment_id)
        VALUES ('{RunA}', 'a', 'FINISHED', 1500000000000, 1500000001000, 'active', 1), ('{RunB}', 'b', 'FINISHED', 1500000002000, 1500000003000, 'active', 1);
        """;
}
