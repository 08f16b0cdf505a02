namespace Mlops.Storage.PostgreSql;

/// <summary>The database's types in which sort values stand.</summary>
internal enum SortColumn
{
    Number = 1,
    Whole = 2,
    Text = 3,
    Bytes = 4,
    Id = 5,
}
