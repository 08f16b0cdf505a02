using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// Runs refer to their context, and a filter compares what is in it. So the contexts are asked first, and each comparison becomes
/// one with the ids of those for which it is true; below an odd number of NOTs, with those for which it is false. A comparison
/// that is neither then never makes a run match, which is all that unknown means.
/// </summary>
internal static class RunContextFilter
{
    // no record has it, so a list of it alone is false for every run that has a context
    private static readonly FieldValue Nobody = FieldValue.Reference(default(RecordId));

    public static Task<Filter> ResolveAsync(IMetadataStore store, Filter filter, CancellationToken cancellationToken) =>
        ResolveAsync(store, filter, isNegated: false, cancellationToken);

    private static async Task<Filter> ResolveAsync(IMetadataStore store, Filter filter, bool isNegated, CancellationToken cancellationToken)
    {
        switch (filter)
        {
            case Filter.AllOf all:
                return new Filter.AllOf(await ResolveAsync(store, all.Terms, isNegated, cancellationToken).ConfigureAwait(false));
            case Filter.AnyOf any:
                return new Filter.AnyOf(await ResolveAsync(store, any.Terms, isNegated, cancellationToken).ConfigureAwait(false));
            case Filter.Negation not:
                return new Filter.Negation(await ResolveAsync(store, not.Term, !isNegated, cancellationToken).ConfigureAwait(false));
            case Filter.IsMissing missing when IsInContext(missing.Left):
                return new Filter.AnyOf(
                    [new Filter.IsMissing(Operand.Field(RunRecord.Context)), await ThatAsync(store, missing, cancellationToken).ConfigureAwait(false)]);
            case Filter.Compare or Filter.OneOf when IsInContext(filter is Filter.Compare compare ? compare.Left : ((Filter.OneOf)filter).Left):
                return isNegated
                    ? new Filter.Negation(await ThatAsync(store, new Filter.Negation(filter), cancellationToken).ConfigureAwait(false))
                    : await ThatAsync(store, filter, cancellationToken).ConfigureAwait(false);
            default:
                return filter;
        }
    }

    private static async Task<IReadOnlyList<Filter>> ResolveAsync(
        IMetadataStore store, IReadOnlyList<Filter> terms, bool isNegated, CancellationToken cancellationToken)
    {
        var resolved = new Filter[terms.Count];
        for (var i = 0; i < resolved.Length; i++)
            resolved[i] = await ResolveAsync(store, terms[i], isNegated, cancellationToken).ConfigureAwait(false);
        return resolved;
    }

    private static bool IsInContext(Operand operand) =>
        operand is Operand.OfField { Name: var name } && name.StartsWith(RunContextRecord.ValuePrefix, StringComparison.Ordinal);

    /// <summary>Runs whose context makes the condition true.</summary>
    private static async Task<Filter> ThatAsync(IMetadataStore store, Filter condition, CancellationToken cancellationToken)
    {
        List<FieldValue> found = [Nobody];
        var query = new RecordQuery { Kind = RunContextRecord.Kind, Filter = condition, Select = RecordProjection.Ids, Limit = QueryValidator.MaxLimit };
        do
        {
            var page = await store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            found.AddRange(page.Records.Select(r => FieldValue.Reference(r.Id)));
            query = query with { Cursor = page.Next };
        }
        while (query.Cursor is not null);
        return new Filter.OneOf(Operand.Field(RunRecord.Context), found);
    }
}
