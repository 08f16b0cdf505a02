namespace Mlops.Storage.Conformance;

/// <summary>What a subclass changes behind the store's back, in whatever it finds stored.</summary>
public enum Tampering
{
    /// <summary>The value of a text field.</summary>
    Field = 1,

    /// <summary>A body.</summary>
    Body = 2,

    /// <summary>The bytes of a log entry, with a hash that fits them.</summary>
    LogEntry = 3,

    /// <summary>The last log entry of a record is removed, and the record knows of no later one.</summary>
    LogEnd = 4,

    /// <summary>A byte in a block of points.</summary>
    Points = 5,

    /// <summary>A byte in the open chunk of every series.</summary>
    Tail = 6,

    /// <summary>A text field has no text.</summary>
    NoText = 7,

    /// <summary>A field has a type that there is not.</summary>
    FieldType = 8,

    /// <summary>A digest in a field is cut short.</summary>
    FieldDigest = 9,

    /// <summary>The hash of a log entry of the record with the text 'x' is cut short.</summary>
    LogHash = 10,

    /// <summary>The head of the record with the text 'x' is cut short.</summary>
    Head = 11,
}
