using Mlops.Storage;

namespace Mlops.Metadata;

/// <summary>
/// Runs refer to their experiment by id. A filter compares its name, so the experiments are asked first, and each comparison
/// becomes one with the ids of those that match: true, false and unknown stay what they were, also under NOT.
/// </summary>
internal static class ExperimentNames
{
    // no record has it, so a list of it alone is false for every run that has an experiment
    private static readonly FieldValue Nobody = FieldValue.Reference(default(RecordId));

    public static async Task<Filter> ResolveAsync(IMetadataStore store, Filter filter, CancellationToken cancellationToken)
    {
        HashSet<Filter> asked = [];
        FilterTree.Replace(filter, condition =>
        {
            if (OfName(condition) is { } ofName)
                asked.Add(ofName);
            return condition;
        });
        if (asked.Count == 0)
            return filter;
        var experiments = await ListAsync(store, new Filter.AnyOf([.. asked]), cancellationToken).ConfigureAwait(false);
        return FilterTree.Replace(filter, condition =>
        {
            if (OfName(condition) is not { } ofName)
                return condition;
            var matches = Matcher(ofName);
            return new Filter.OneOf(
                Operand.Field(RunRecord.Experiment),
                [Nobody, .. experiments.Where(e => matches(e.Name)).Select(e => FieldValue.Reference(e.Id))]);
        });
    }

    /// <summary>The condition on the name of an experiment, or null if it is none.</summary>
    private static Filter? OfName(Filter condition) => condition switch
    {
        Filter.Compare { Left: Operand.OfField { Name: RunRecord.Experiment }, Right.Type: FieldType.Text } compare =>
            compare with { Left = Operand.Property(RecordProperty.Key) },
        Filter.OneOf { Left: Operand.OfField { Name: RunRecord.Experiment } } oneOf when oneOf.Values.Any(v => v.Type == FieldType.Text) =>
            oneOf with { Left = Operand.Property(RecordProperty.Key) },
        _ => null,
    };

    private static Func<string, bool> Matcher(Filter ofName)
    {
        switch (ofName)
        {
            case Filter.OneOf oneOf:
                var names = oneOf.Values.Where(v => v.Type == FieldType.Text).Select(v => v.Normalise().AsText).ToHashSet(StringComparer.Ordinal);
                return names.Contains;
            case Filter.Compare { Operator: FilterOperator.Equal or FilterOperator.NotEqual } compare:
                var name = compare.Right.Normalise().AsText;
                return key => key.Equals(name, StringComparison.Ordinal) == (compare.Operator == FilterOperator.Equal);
            case Filter.Compare { Operator: FilterOperator.Like or FilterOperator.LikeIgnoreCase } compare:
                return new LikePattern(compare.Right.AsText, compare.Operator == FilterOperator.LikeIgnoreCase).IsMatch;
            default:
                throw new ArgumentException("The name of an experiment is compared only with =, !=, LIKE, ILIKE and IN.");
        }
    }

    private static async Task<List<(string Name, RecordId Id)>> ListAsync(IMetadataStore store, Filter filter, CancellationToken cancellationToken)
    {
        List<(string, RecordId)> found = [];
        var query = new RecordQuery { Kind = ExperimentRecord.Kind, Filter = filter, Select = RecordProjection.Ids, Limit = QueryValidator.MaxLimit };
        do
        {
            var page = await store.QueryAsync(query, cancellationToken).ConfigureAwait(false);
            found.AddRange(page.Records.Select(r => (r.Key ?? "", r.Id)));
            query = query with { Cursor = page.Next };
        }
        while (query.Cursor is not null);
        return found;
    }
}
