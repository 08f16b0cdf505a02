using System.Globalization;

namespace Mlops.Storage.Sqlite;

/// <summary>The values of a query on their way into numbered parameters. No value ever becomes part of the SQL.</summary>
internal sealed class QueryParameters
{
    private readonly List<object> _values = [];

    public int Count => _values.Count;

    /// <summary>Adds a text, double, long, id or digest and returns its place in the SQL.</summary>
    public string Add(object value)
    {
        _values.Add(value);
        return string.Create(CultureInfo.InvariantCulture, $"?{_values.Count}");
    }

    public void BindTo(Statement statement)
    {
        for (var i = 0; i < _values.Count; i++)
        {
            _ = _values[i] switch
            {
                string text => statement.Bind(i + 1, text),
                double number => statement.Bind(i + 1, number),
                long integer => statement.Bind(i + 1, integer),
                RecordId id => statement.Bind(i + 1, id),
                Digest digest => statement.Bind(i + 1, digest),
                var other => throw new InvalidOperationException($"A parameter cannot be a {other.GetType().Name}."),
            };
        }
    }
}
