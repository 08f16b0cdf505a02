using System.Text;

namespace Mlops.Storage.PostgreSql;

/// <summary>How to open a <see cref="PostgreSqlMetadataStore"/>. Printing it shows no connection string.</summary>
public sealed record PostgreSqlStoreOptions
{
    /// <summary>
    /// Npgsql's connection string, such as <c>Host=db;Database=mlops;Username=team</c>. It may hold a password, which goes nowhere
    /// but to the server.
    /// </summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// The schema that holds the store; <c>mlops</c> by default. 1 to 50 lower-case letters, digits or <c>_</c>, not beginning
    /// with a digit. Made when absent; several stores may share a database in schemas of their own.
    /// </summary>
    public string Schema { get; init; } = "mlops";

    /// <summary>
    /// The store's clock, which stamps commits and lets cells expire. All clients of one store should run on the same time.
    /// </summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long one round trip may take, locks it waits for included; 30 s by default, 1 s to 1 hour.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a commit waits for its turn, tries again after colliding with others, and, for a batch without a key, asks what
    /// became of a transaction whose answer got lost; 60 s by default. At least zero, at most one day.
    /// </summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a call tries to reach a server that is away before it fails, and one try to connect takes at most unless the
    /// connection string says otherwise (<c>Timeout</c>); 5 s by default. At least zero, at most one day.
    /// </summary>
    public TimeSpan ReconnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many entries of an index a query reads for each record of a page before it sorts all that matches.</summary>
    internal int WalkedForOne { get; init; } = 50;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ConnectionString);
        ArgumentNullException.ThrowIfNull(Time);
        if (Schema is not { Length: >= 1 and <= 50 } || char.IsAsciiDigit(Schema[0]) || !Schema.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
            throw new ArgumentException($"The schema '{Schema}' must be 1 to 50 lower-case letters, digits or '_', not beginning with a digit.");
        Require(CommandTimeout >= TimeSpan.FromSeconds(1) && CommandTimeout <= TimeSpan.FromHours(1), nameof(CommandTimeout), CommandTimeout, "1 s to 1 hour");
        Require(BusyTimeout >= TimeSpan.Zero && BusyTimeout <= TimeSpan.FromDays(1), nameof(BusyTimeout), BusyTimeout, "zero to 1 day");
        Require(ReconnectTimeout >= TimeSpan.Zero && ReconnectTimeout <= TimeSpan.FromDays(1), nameof(ReconnectTimeout), ReconnectTimeout, "zero to 1 day");
    }

    private static void Require(bool holds, string name, TimeSpan value, string range)
    {
        if (!holds)
            throw new ArgumentException($"The option {name} is '{value}', but must be {range}.");
    }

    // what the compiler would print holds the password
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Schema = ").Append(Schema);
        return true;
    }
}
