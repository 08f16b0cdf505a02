namespace Mlops.Storage;

/// <summary>What a put did.</summary>
public enum PutOutcome
{
    /// <summary>The object is new and durable.</summary>
    Created = 1,

    /// <summary>
    /// An object of this name was there and was left as it is. Whether it has the same bytes is for the caller to confirm.
    /// </summary>
    AlreadyThere = 2,
}
