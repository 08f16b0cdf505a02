namespace Mlops.Metadata;

/// <summary>What an attribute of the search language holds, which says how it is compared.</summary>
internal enum SearchType
{
    /// <summary>A number.</summary>
    Number = 1,

    /// <summary>A text that may stand for a number: compared by what it is compared with.</summary>
    NumberOrText = 2,

    /// <summary>A text.</summary>
    Text = 3,

    /// <summary>An instant.</summary>
    Time = 4,

    /// <summary>The id of a record.</summary>
    Id = 5,

    /// <summary>One of a few words.</summary>
    Word = 6,

    /// <summary>The name of the record that is referred to, looked up when the query runs.</summary>
    NameOfReferred = 7,

    /// <summary>Active, which is stored as nothing, or deleted.</summary>
    Lifecycle = 8,

    /// <summary>What a record that is referred to holds, looked up when the query runs; compared as <see cref="NumberOrText"/>.</summary>
    OfReferred = 9,
}
