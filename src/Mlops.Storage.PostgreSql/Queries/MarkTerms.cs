namespace Mlops.Storage.PostgreSql;

/// <summary>
/// What the marks of a record hold if some terms are true of it. They rule out most records that lack a value, and none that has it;
/// whether a record has it is asked of its fields.
/// </summary>
internal static class MarkTerms
{
    // marks that lack all of many values are rare
    private const int MostValues = 8;

    /// <summary>Conditions on the marks of <paramref name="alias"/>, one for each term that tells something of them.</summary>
    public static IEnumerable<string> Compile(IEnumerable<Filter> terms, string alias, QueryParameters parameters)
    {
        foreach (var term in terms)
        {
            switch (term)
            {
                case Filter.Compare { Left: Operand.OfField field, Operator: FilterOperator.Equal } compare when IsMarked(compare.Right):
                    yield return Hold(field, compare.Right);
                    break;
                case Filter.OneOf { Left: Operand.OfField field, Values.Count: <= MostValues } oneOf when oneOf.Values.All(IsMarked):
                    yield return $"({string.Join(" OR ", oneOf.Values.Select(v => Hold(field, v)))})";
                    break;
            }
        }

        string Hold(Operand.OfField field, FieldValue value)
        {
            var marks = FieldMarks.Of(field.Name, value.Normalise());
            return $"({Bit(1, marks.First)} AND {Bit(2, marks.Second)} AND {Bit(3, marks.Third)})";
        }

        // a test for equality would have the server expect next to no record, and sort where it need not
        string Bit(int column, long bit) => FormattableString.Invariant($"({alias}.marks_{column} & {parameters.Add(Args.Of(bit))}) <> 0");
    }

    // a text with a number beside it equals numbers as well, which leave no marks
    private static bool IsMarked(FieldValue value) => value.Type is FieldType.Text or FieldType.Reference && value.AsNumber is null or double.NaN;
}
