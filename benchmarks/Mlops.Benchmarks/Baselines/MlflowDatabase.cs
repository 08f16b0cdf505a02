using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Mlops.Benchmarks.Baselines;

/// <summary>An <c>mlflow.db</c> as MLflow 2.17 creates it, with runs that it could have logged, and the reading of all its rows.</summary>
internal static class MlflowDatabase
{
    public const int Runs = 1000;
    public const int Metrics = 10;
    public const int Points = 100;
    public const int Params = 5;
    public const int Tags = 4;

    private const string Schema =
        """
        CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
        INSERT INTO alembic_version VALUES ('4465047574b1');
        CREATE TABLE experiments (
            experiment_id INTEGER NOT NULL, name VARCHAR(256) NOT NULL, artifact_location VARCHAR(256), lifecycle_stage VARCHAR(32),
            creation_time BIGINT, last_update_time BIGINT, CONSTRAINT experiment_pk PRIMARY KEY (experiment_id), UNIQUE (name));
        CREATE TABLE runs (
            run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), source_type VARCHAR(20), source_name VARCHAR(500), entry_point_name VARCHAR(50),
            user_id VARCHAR(256), status VARCHAR(9), start_time BIGINT, end_time BIGINT, source_version VARCHAR(50), lifecycle_stage VARCHAR(20),
            artifact_uri VARCHAR(200), experiment_id INTEGER, deleted_time BIGINT, CONSTRAINT run_pk PRIMARY KEY (run_uuid),
            FOREIGN KEY (experiment_id) REFERENCES experiments (experiment_id));
        CREATE TABLE params (
            "key" VARCHAR(250) NOT NULL, value VARCHAR(8000) NOT NULL, run_uuid VARCHAR(32) NOT NULL,
            CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid), FOREIGN KEY (run_uuid) REFERENCES runs (run_uuid));
        CREATE TABLE tags (
            "key" VARCHAR(250) NOT NULL, value VARCHAR(8000), run_uuid VARCHAR(32) NOT NULL,
            CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid), FOREIGN KEY (run_uuid) REFERENCES runs (run_uuid));
        CREATE TABLE metrics (
            "key" VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL, run_uuid VARCHAR(32) NOT NULL,
            step BIGINT DEFAULT '0' NOT NULL, is_nan BOOLEAN DEFAULT '0' NOT NULL,
            CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan), CHECK (is_nan IN (0, 1)),
            FOREIGN KEY (run_uuid) REFERENCES runs (run_uuid));
        CREATE TABLE latest_metrics (
            "key" VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT, step BIGINT NOT NULL, is_nan BOOLEAN NOT NULL,
            run_uuid VARCHAR(32) NOT NULL, CONSTRAINT latest_metric_pk PRIMARY KEY ("key", run_uuid), CHECK (is_nan IN (0, 1)),
            FOREIGN KEY (run_uuid) REFERENCES runs (run_uuid));
        CREATE INDEX index_params_run_uuid ON params (run_uuid);
        CREATE INDEX index_tags_run_uuid ON tags (run_uuid);
        CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid);
        CREATE INDEX index_latest_metrics_run_uuid ON latest_metrics (run_uuid);
        """;

    /// <summary>Writes the database; runs go on side by side, so that the points of one do not lie together.</summary>
    /// <param name="path">The new file.</param>
    /// <param name="artifacts">The folder of the experiment's artifacts; no run has any.</param>
    public static void Create(string path, string artifacts)
    {
        using var connection = Open(path, SqliteOpenMode.ReadWriteCreate);
        Execute(connection, Schema);
        using var transaction = connection.BeginTransaction();
        var random = new Random(217);
        var runs = Enumerable.Range(0, Runs).Select(_ => Convert.ToHexStringLower(Bytes(random))).ToList();
        Insert(connection, "experiments", 1, "figures", artifacts, "active", 1_700_000_000_000, 1_700_000_000_000);
        for (var i = 0; i < Runs; i++)
        {
            var start = 1_700_000_000_000 + (i * 1000L);
            Insert(
                connection, "runs", runs[i], Text("run", i), "UNKNOWN", "", "", "figures", "FINISHED", start, start + 100_000, "", "active",
                $"{artifacts}/{runs[i]}/artifacts", 1, DBNull.Value);
            for (var p = 0; p < Params; p++)
                Insert(connection, "params", Text("param", p), random.NextDouble().ToString(CultureInfo.InvariantCulture), runs[i]);
            foreach (var tag in new[] { "mlflow.runName", "mlflow.user", "mlflow.source.name", "mlflow.source.type" })
                Insert(connection, "tags", tag, Text(tag, i), runs[i]);
        }

        for (var step = 0; step < Points; step++)
        {
            for (var i = 0; i < Runs; i++)
            {
                for (var m = 0; m < Metrics; m++)
                {
                    object[] point = [Text("metric", m), random.NextDouble() / (step + 1), 1_700_000_000_000 + (i * 1000L) + (step * 1000L)];
                    Insert(connection, "metrics", [.. point, runs[i], step, 0]);
                    if (step == Points - 1)
                        Insert(connection, "latest_metrics", [.. point, step, 0, runs[i]]);
                }
            }
        }

        transaction.Commit();
    }

    /// <summary>Reads every column of every row of experiments, runs, their parameters, tags and metrics; returns how many points there were.</summary>
    public static int ReadAll(string path)
    {
        using var connection = Open(path, SqliteOpenMode.ReadOnly);
        foreach (var table in new[] { "experiments", "runs", "params", "tags" })
        {
            using var select = Prepare(connection, $"SELECT * FROM {table}");
            using var rows = select.ExecuteReader();
            while (rows.Read())
            {
                for (var i = 0; i < rows.FieldCount; i++)
                    rows.GetValue(i);
            }
        }

        using var all = Prepare(connection, "SELECT key, value, timestamp, run_uuid, step, is_nan FROM metrics");
        using var points = all.ExecuteReader();
        var count = 0;
        var sum = 0.0;
        for (; points.Read(); count++)
        {
            sum += points.GetString(0).Length + points.GetDouble(1) + points.GetInt64(2) + points.GetString(3).Length
                + points.GetInt64(4) + (points.GetBoolean(5) ? 1 : 0);
        }

        return double.IsNaN(sum) ? 0 : count;
    }

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Text(string name, int number) => string.Create(CultureInfo.InvariantCulture, $"{name}_{number}");

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static SqliteCommand Prepare(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Prepare();
        return command;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void Insert(SqliteConnection connection, string table, params object[] values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"INSERT INTO {table} VALUES ({string.Join(", ", values.Select((_, i) => Text("$p", i)))})";
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue(Text("$p", i), values[i]);
        command.ExecuteNonQuery();
    }
}
