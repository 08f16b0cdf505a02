namespace Mlops.Storage;

/// <summary>How a <see cref="FieldWrite"/> meets values that are there already.</summary>
public enum FieldWriteMode
{
    /// <summary>The values take the place of all earlier ones; no values removes the field.</summary>
    Replace = 1,

    /// <summary>
    /// Write-once. The same value again is nothing; another value leaves the first and is recorded as a
    /// <see cref="FieldConflict"/>, and the batch commits.
    /// </summary>
    Once = 2,

    /// <summary>The values join the earlier ones; a value that is there already is not doubled.</summary>
    Add = 3,
}
