namespace Mlops.Storage;

/// <summary>What every record has.</summary>
public enum RecordProperty
{
    /// <summary>The id, a reference.</summary>
    Id = 1,

    /// <summary>The unique name, a text; missing if the record has none.</summary>
    Key = 2,

    /// <summary>When it was created, a time.</summary>
    Created = 3,

    /// <summary>Its revision, a number.</summary>
    Revision = 4,
}
