namespace Mlops.Storage.PostgreSql.Tests;

internal enum ProxyFault
{
    None = 0,

    /// <summary>What a client sends inside a transaction does not arrive, and the connection is cut.</summary>
    LoseWrites = 1,

    /// <summary>The server commits, and its answer does not arrive.</summary>
    SwallowCommit = 2,
}
