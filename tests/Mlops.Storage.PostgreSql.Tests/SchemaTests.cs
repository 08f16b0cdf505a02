using System.Transactions;

namespace Mlops.Storage.PostgreSql.Tests;

[Collection(SharedServer.Name)]
public sealed class SchemaTests(PostgreSqlServer server)
{
    private readonly IdGenerator _ids = new();
    private readonly string _schema = PostgreSqlServer.NewSchema();

    [SkippableFact]
    public async Task OpenAsync_schema_with_other_tables_is_left_as_it_is()
    {
        server.Require();
        await server.ExecuteAsync($"CREATE SCHEMA {_schema}; CREATE TABLE {_schema}.accounts (id int)");
        var error = await Assert.ThrowsAsync<IntegrityException>(OpenAsync);
        Assert.Contains(_schema, error.Message, StringComparison.Ordinal);
        Assert.Equal(1L, await server.ScalarAsync<long>($"SELECT count(*) FROM pg_tables WHERE schemaname = '{_schema}'"));
    }

    [SkippableFact]
    public async Task OpenAsync_store_of_a_later_release_is_refused()
    {
        server.Require();
        await using (await OpenAsync())
            await server.ExecuteAsync($"UPDATE {_schema}.store SET format = 9, oldest_writer = 9");
        var error = await Assert.ThrowsAsync<StoreVersionException>(OpenAsync);
        Assert.Contains("format 9", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task OpenAsync_user_that_may_not_make_schemas_uses_one_that_is_there()
    {
        server.Require();
        await server.ExecuteAsync($"CREATE ROLE {_schema}_user LOGIN; CREATE SCHEMA {_schema} AUTHORIZATION {_schema}_user");
        var options = server.Options(_schema) with { ConnectionString = server.ConnectionString + $";Username={_schema}_user" };
        await using (var store = await PostgreSqlMetadataStore.OpenAsync(options))
            await store.CommitAsync(Samples.Batch(Samples.Create(_ids.Next())));
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => PostgreSqlMetadataStore.OpenAsync(options with { Schema = PostgreSqlServer.NewSchema() }));
        Assert.Contains("rights", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task OpenAsync_points_are_compressed_by_the_store_alone()
    {
        server.Require();
        await using var store = await OpenAsync();
        Assert.Equal(4L, await server.ScalarAsync<long>(
            "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            + $"WHERE n.nspname = '{_schema}' AND c.relname IN ('chunks', 'chunk_stats', 'tails') AND a.attname IN ('data', 'stats') AND a.attstorage = 'e'"));
    }

    [SkippableFact]
    public async Task CommitAsync_in_a_scope_that_rolls_back_is_a_transaction_of_its_own()
    {
        server.Require();
        await using var store = await OpenAsync();
        var id = _ids.Next();
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
            await store.CommitAsync(Samples.Batch(Samples.Create(id, FieldWrite.Set("new", FieldValue.Number(1)))));
        Assert.Equal(1, (await store.FindRecordAsync(id))!.Find("new")!.Value.AsNumber);
    }

    [SkippableFact]
    public async Task CommitAsync_longest_keys_and_long_texts_are_kept_and_found()
    {
        server.Require();
        await using var store = await OpenAsync();
        var random = new Random(3);
        string Odd(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)random.Next(0x4E00, 0x9FFF)));
        var (key, text) = (Odd(1000), Odd(50_000));
        var id = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(id, FieldWrite.Set("t", FieldValue.Text(text))) with { Key = key }));
        Assert.Equal(id, (await store.FindRecordAsync(new RecordKey("run", key)))!.Id);
        foreach (var (wanted, count) in new[] { (text, 1), (text + "x", 0), (text[..^1], 0), (text[..100], 0) })
        {
            var equal = new Filter.Compare(Operand.Field("t"), FilterOperator.Equal, FieldValue.Text(wanted));
            var oneOf = new Filter.OneOf(Operand.Field("t"), [FieldValue.Text(wanted), FieldValue.Text("z")]);
            Assert.Equal(count, (await store.QueryAsync(new RecordQuery { Kind = "run", Filter = equal })).Records.Count);
            Assert.Equal(count, (await store.QueryAsync(new RecordQuery { Kind = "run", Filter = oneOf })).Records.Count);
        }
    }

    [SkippableFact]
    public async Task QueryAsync_patterns_and_order_of_odd_texts_are_those_of_the_sdk()
    {
        server.Require();
        string[] letters = ["a", "A", "ß", "ü", "Ü", "ǆ", "𐐨", "\\", "%", "_", "\0", "\u0001", "\u0002", "\n", "\uFFFD", "z"];
        var random = new Random(17);
        string Word(int most) => string.Concat(Enumerable.Range(0, random.Next(most)).Select(_ => letters[random.Next(letters.Length)]));
        var texts = Enumerable.Range(0, 300).Select(_ => Word(5)).Distinct().ToArray();
        await using var store = await OpenAsync();
        await store.CommitAsync(Samples.Batch([.. texts.Select((t, i) => Samples.Create(_ids.Next(), FieldWrite.Set("t", FieldValue.Text(t))))]));

        var ordered = await store.QueryAsync(new RecordQuery { Kind = "run", OrderBy = [new RecordOrder(Operand.Field("t"))], Limit = 1000 });
        Assert.Equal(
            texts.Order(Comparer<string>.Create((a, b) => System.Text.Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b)))),
            ordered.Records.Select(r => r.Find("t")!.Value.AsText));
        for (var i = 0; i < 60; i++)
        {
            var pattern = $"{Word(3)}%{Word(3)}";
            foreach (var (op, ignoreCase) in new[] { (FilterOperator.Like, false), (FilterOperator.LikeIgnoreCase, true) })
            {
                var like = new LikePattern(pattern, ignoreCase);
                var query = new RecordQuery { Kind = "run", Filter = new Filter.Compare(Operand.Field("t"), op, FieldValue.Text(pattern)), Limit = 1000 };
                Assert.Equal(
                    texts.Where(like.IsMatch).Order(StringComparer.Ordinal),
                    (await store.QueryAsync(query)).Records.Select(r => r.Find("t")!.Value.AsText).Order(StringComparer.Ordinal));
            }
        }
    }

    [SkippableFact]
    public async Task CommitAsync_purge_leaves_no_row_and_no_salt()
    {
        server.Require();
        await using var store = await OpenAsync();
        var id = _ids.Next();
        await store.CommitAsync(Samples.Batch(Samples.Create(id, FieldWrite.Once("p", FieldValue.Text("a")), FieldWrite.Once("p", FieldValue.Text("b"))) with { Body = new byte[] { 1 } }) with
        {
            Appends = [Samples.Points(id, "m", 10_000)],
            Cells = [new CellWrite { Key = "c", Value = new byte[] { 1 }, Owner = id }],
        });
        await store.CommitAsync(Samples.Batch(Samples.Update(id) with { Purge = true }));
        foreach (var table in new[] { "bodies", "fields", "conflicts", "series", "chunks", "chunk_stats", "tails", "cells" })
            Assert.Equal(0L, await server.ScalarAsync<long>($"SELECT count(*) FROM {_schema}.{table}"));
        Assert.Equal(0L, await server.ScalarAsync<long>($"SELECT count(salt) FROM {_schema}.log"));
    }

    private Task<PostgreSqlMetadataStore> OpenAsync() => PostgreSqlMetadataStore.OpenAsync(server.Options(_schema));
}
