namespace Mlops.Storage.PostgreSql;

/// <summary>A field that the transaction sets.</summary>
/// <param name="Stored">How many values are stored.</param>
/// <param name="Values">All values it has now.</param>
/// <param name="Entry">The sequence of the log entry that sets it.</param>
internal sealed record PendingField(int Stored, FieldValue[] Values, long Entry);
