using System.Runtime.CompilerServices;
using PublicApiGenerator;
using Snapshooter.Xunit;

namespace Mlops.Architecture.Tests;

/// <summary>
/// What callers can see of each assembly. A change shows as a difference in <c>__snapshots__</c>; where it is meant, copy the
/// file of <c>__mismatch__</c> over it.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,

        // its argument has a number that the compiler gives by the place in the file
        ExcludeAttributes = [typeof(AsyncIteratorStateMachineAttribute).FullName!],
    };

    [Theory]
    [MemberData(nameof(House.RoomData), MemberType = typeof(House))]
    public void Public_api_is_as_agreed(string room) =>
        Snapshot.Match(House.Load(room).GeneratePublicApi(Options), $"PublicApi_{room}");
}
