using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>Connections that break at the worst moment: what is acknowledged is there, and nothing is there twice.</summary>
[Collection(SharedServer.Name)]
public sealed class LostConnectionTests(PostgreSqlServer server)
{
    private readonly IdGenerator _ids = new();
    private readonly string _schema = PostgreSqlServer.NewSchema();

    [SkippableTheory]
    [InlineData((int)ProxyFault.SwallowCommit, true)]
    [InlineData((int)ProxyFault.SwallowCommit, false)]
    [InlineData((int)ProxyFault.LoseWrites, true)]
    [InlineData((int)ProxyFault.LoseWrites, false)]
    public async Task CommitAsync_connection_breaks_at_the_commit_it_is_done_once(int fault, bool hasKey)
    {
        server.Require();
        await using var proxy = new FlakyProxy(server.Port);
        await using var store = await OpenAsync(proxy);
        var id = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(id)));
        for (var i = 1; i <= 3; i++)
        {
            proxy.Arm((ProxyFault)fault);
            var result = await store.CommitAsync(Samples.Batch(Samples.Update(id, FieldWrite.Set("n", FieldValue.Number(i)))) with
            {
                Key = hasKey ? new BatchKey(id, i) : null,
                Appends = [Samples.Points(id, "m", 10)],
            });
            Assert.False(proxy.IsArmed);
            Assert.Equal((false, i + 1L), (result.Repeated, result.Changes[0].Revision));
            Assert.Equal(10 * i, (await store.ListSeriesAsync([id])).Single().Position);
        }

        Assert.Equal(4, (await store.ReadChainAsync(id)).Count);
        Assert.True((await store.VerifyAsync()).IsSound);
    }

    [SkippableFact]
    public async Task CommitAsync_server_does_not_come_back_says_so_and_a_batch_with_a_key_may_be_sent_again()
    {
        server.Require();
        var id = _ids.Next();
        Batch batch = Samples.Batch(Samples.Create(id)) with { Key = new BatchKey(id, 1), Appends = [Samples.Points(id, "m", 10)] };
        var proxy = new FlakyProxy(server.Port);
        var store = await PostgreSqlMetadataStore.OpenAsync(Through(proxy) with
        {
            BusyTimeout = TimeSpan.FromMilliseconds(300),
            ReconnectTimeout = TimeSpan.FromMilliseconds(100),
        });
        await store.CommitAsync(Samples.Batch(Samples.Create(_ids.Next())));
        proxy.Arm(ProxyFault.SwallowCommit);
        var committing = store.CommitAsync(batch);
        while (proxy.IsArmed)
            await Task.Yield();
        await proxy.DisposeAsync();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => committing);
        Assert.Contains("0.1 s", error.Message, StringComparison.Ordinal);
        await store.DisposeAsync();

        await using var again = await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema));
        Assert.True((await again.CommitAsync(batch)).Repeated);
        Assert.Equal(10, (await again.ListSeriesAsync([id])).Single().Position);
    }

    [SkippableFact]
    public async Task CommitAsync_cancelled_while_it_asks_what_became_of_it_ends_and_says_so()
    {
        server.Require();
        var proxy = new FlakyProxy(server.Port);
        await using var store = await PostgreSqlMetadataStore.OpenAsync(Through(proxy) with { BusyTimeout = TimeSpan.FromHours(1) });
        await store.CommitAsync(Samples.Batch(Samples.Create(_ids.Next())));
        using var cancel = new CancellationTokenSource();
        proxy.Arm(ProxyFault.SwallowCommit);
        var committing = store.CommitAsync(Samples.Batch(Samples.Create(_ids.Next())), cancel.Token);
        while (proxy.IsArmed)
            await Task.Yield();
        await proxy.DisposeAsync();
        await cancel.CancelAsync();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => committing);
        Assert.Contains("read what is stored first", error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("58030")]
    [InlineData("XX000")]
    public async Task CommitAsync_server_fails_by_itself_is_unavailable_and_names_its_log(string state)
    {
        server.Require();
        await using var store = await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema));
        await server.ExecuteAsync(
            $"CREATE FUNCTION {_schema}.fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''could not read block'' USING ERRCODE = ''{state}''; END'; "
            + $"CREATE TRIGGER fail BEFORE INSERT ON {_schema}.records FOR EACH ROW EXECUTE FUNCTION {_schema}.fail()");
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CommitAsync(Samples.Batch(Samples.Create(_ids.Next()))));
        Assert.Contains("its log says why", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_host_that_takes_connections_and_says_nothing_cannot_be_reached()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => PostgreSqlMetadataStore.OpenAsync(new PostgreSqlStoreOptions
        {
            ConnectionString = string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Database=mlops;Username=mlops"),
            ReconnectTimeout = TimeSpan.FromMilliseconds(1),
        }));
        Assert.Contains("cannot be reached", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task OpenAsync_schema_named_by_a_word_of_SQL_works()
    {
        server.Require();
        foreach (var word in (string[])["user", "order"])
        {
            await using var store = await PostgreSqlMetadataStore.OpenAsync(server.Options(word));
            var id = _ids.Next();
            await store.CommitAsync(Samples.Batch(Samples.Create(id)) with { Appends = [Samples.Points(id, "m", 10)] });
            Assert.True((await store.VerifyAsync()).IsSound);
        }
    }

    [SkippableFact]
    public async Task CommitAsync_batch_of_a_killed_process_is_still_being_committed_waits_for_it_and_is_refused()
    {
        server.Require();
        await using var store = await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema));
        var (writer, id) = (_ids.Next(), _ids.Next());
        await using var dying = new NpgsqlConnection(server.ConnectionString);
        await dying.OpenAsync();
        await using var transaction = await dying.BeginTransactionAsync();
        await using (var insert = new NpgsqlCommand($"INSERT INTO {_schema}.writers (writer, sequence, result) VALUES ('{writer.ToGuid()}', 500, '')", dying, transaction))
            await insert.ExecuteNonQueryAsync();

        Assert.Equal(0, await store.GetWriterSequenceAsync(writer));
        var committing = store.CommitAsync(Samples.Batch(Samples.Create(id)) with { Key = new BatchKey(writer, 1000, 0) });
        await WaitForLockAsync();
        Assert.False(committing.IsCompleted);
        await transaction.CommitAsync();
        await Assert.ThrowsAsync<OutOfSequenceException>(() => committing);
        Assert.Null(await store.FindRecordAsync(id));
        Assert.Equal(500, await store.GetWriterSequenceAsync(writer));
    }

    [SkippableFact]
    public async Task CommitAsync_every_try_breaks_the_connection_ends_with_an_error_and_holds_up_nobody()
    {
        server.Require();
        await using var store = await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema) with { ReconnectTimeout = TimeSpan.FromMilliseconds(200) });
        var (id, other) = (_ids.Next(), _ids.Next());
        await server.ExecuteAsync(
            $"CREATE FUNCTION {_schema}.die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'; "
            + $"CREATE TRIGGER die BEFORE INSERT ON {_schema}.records FOR EACH ROW WHEN (NEW.id = '{id.ToGuid()}') EXECUTE FUNCTION {_schema}.die()");
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CommitAsync(Samples.Batch(Samples.Create(id))));
        await store.CommitAsync(Samples.Batch(Samples.Create(other)));
        Assert.Null(await store.FindRecordAsync(id));
    }

    [SkippableFact]
    public async Task OpenAsync_new_store_takes_few_round_trips_and_an_old_one_fewer()
    {
        server.Require();
        await using var proxy = new FlakyProxy(server.Port);
        await using (await OpenAsync(proxy))
            Assert.InRange(proxy.Rounds, 1, 10);
        var before = proxy.Rounds;
        await using (await OpenAsync(proxy))
            Assert.InRange(proxy.Rounds - before, 1, 3);
    }

    [SkippableFact]
    public async Task ResolveAsync_transaction_that_is_still_committing_is_waited_for()
    {
        server.Require();
        await using (await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema)))
        await using (var database = new Database(server.Options(_schema)))
        {
            var marker = new CommitMarker(database);
            var (connection, sequence) = await BeginAsync(database, marker);
            var resolving = marker.ResolveAsync(sequence, TimeSpan.FromSeconds(60), new IOException(), CancellationToken.None);
            await WaitForLockAsync();
            Assert.False(resolving.IsCompleted);
            await ExecuteAsync(connection, "COMMIT");
            Assert.True(await resolving);
            await connection.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task ResolveAsync_transaction_that_was_given_up_can_never_commit()
    {
        server.Require();
        await using (await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema)))
        await using (var database = new Database(server.Options(_schema)))
        {
            var marker = new CommitMarker(database);
            await using var late = await database.OpenAsync(CancellationToken.None);
            var round = new Round(database, late);
            round.Add("BEGIN");
            var sequence = marker.Add(round);
            Assert.False(await marker.ResolveAsync(sequence, TimeSpan.FromSeconds(60), new IOException(), CancellationToken.None));
            Assert.False(await marker.ResolveAsync(sequence, TimeSpan.FromSeconds(60), new IOException(), CancellationToken.None));
            var error = await Assert.ThrowsAsync<PostgresException>(() => round.Commit().ExecuteAsync(CancellationToken.None));
            Assert.Equal(PostgresErrorCodes.UniqueViolation, error.SqlState);

            // later transactions leave the fence where it is
            var (next, _) = await BeginAsync(database, marker);
            await ExecuteAsync(next, "COMMIT");
            await next.DisposeAsync();
            await marker.RemoveAsync();
            Assert.Equal(1L, await server.ScalarAsync<long>($"SELECT count(*) FROM {_schema}.commits WHERE fence"));
            Assert.Equal(1L, await server.ScalarAsync<long>($"SELECT count(*) FROM {_schema}.commits"));
        }
    }

    [SkippableFact]
    public async Task CommitAsync_connections_are_cut_all_the_time_everything_arrives_once()
    {
        const int writers = 4;
        const int each = 500;
        server.Require();
        await using var proxy = new FlakyProxy(server.Port);
        var runs = Enumerable.Range(0, writers).Select(_ => _ids.Next()).ToArray();
        var writing = Task.WhenAll(runs.Select(run => Task.Run(async () =>
        {
            await using var store = await OpenAsync(proxy);
            await store.CommitAsync(Samples.Batch(Samples.Create(run)) with { Key = new BatchKey(run, 1) });
            for (var i = 1; i <= each; i++)
            {
                await store.CommitAsync(Samples.Batch(Samples.Update(run, FieldWrite.Add("n", FieldValue.Number(i)))) with
                {
                    Key = i % 2 == 0 ? new BatchKey(run, i + 1) : null,
                    Appends = [Samples.Points(run, "m", 3)],
                });
            }
        })));
        var random = new Random(5);
        while (!writing.IsCompleted)
        {
            // counted in round trips, so that a busy machine gets as far between two cuts as an idle one
            for (var cutAt = proxy.Rounds + random.Next(1, 60); proxy.Rounds < cutAt && !writing.IsCompleted;)
                await Task.WhenAny(writing, Task.Delay(1));
            proxy.Cut();
        }

        await writing;
        await using var store = await PostgreSqlMetadataStore.OpenAsync(server.Options(_schema));
        var report = await store.VerifyAsync();
        Assert.True(report.IsSound, string.Join('\n', report.Problems));
        Assert.Equal((writers, writers * (each + 1L), writers * each * 3L), (report.Records, report.Entries, report.Points));
        foreach (var run in runs)
            Assert.Equal(Enumerable.Range(1, each).Select(i => FieldValue.Number(i)), (await store.FindRecordAsync(run))!.Fields["n"]);
    }

    [SkippableFact]
    public async Task CommitAsync_takes_two_round_trips_on_a_slow_network()
    {
        server.Require();
        await using var proxy = new FlakyProxy(server.Port);
        await using var store = await OpenAsync(proxy);
        var id = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(id, FieldWrite.Set("n", FieldValue.Number(0)))));
        proxy.Delay = TimeSpan.FromMilliseconds(5);
        var before = proxy.Rounds;
        await store.CommitAsync(Samples.Batch(Samples.Update(id, FieldWrite.Set("n", FieldValue.Number(1)))) with { Key = new BatchKey(id, 1) });
        Assert.Equal(2, proxy.Rounds - before);
    }

    private Task<PostgreSqlMetadataStore> OpenAsync(FlakyProxy proxy) => PostgreSqlMetadataStore.OpenAsync(Through(proxy));

    private PostgreSqlStoreOptions Through(FlakyProxy proxy) => server.Options(_schema) with
    {
        ConnectionString = string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={proxy.Port};Database=mlops;Username=mlops;Timeout=5"),
        ReconnectTimeout = TimeSpan.FromSeconds(30),
    };

    private static async Task<(NpgsqlConnection Connection, long Sequence)> BeginAsync(Database database, CommitMarker marker)
    {
        var connection = await database.OpenAsync(CancellationToken.None);
        var round = new Round(database, connection);
        round.Add("BEGIN");
        var sequence = marker.Add(round);
        await round.ExecuteAsync(CancellationToken.None);
        return (connection, sequence);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task WaitForLockAsync()
    {
        while (await server.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
            await Task.Yield();
    }
}
