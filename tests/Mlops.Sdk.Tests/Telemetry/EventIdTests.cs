using System.Reflection;
using Microsoft.Extensions.Logging;
using Mlops.Metadata;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Sdk.Tests.Telemetry;

public sealed class EventIdTests
{
    // one block of 1000 per assembly, for ever; a new assembly takes the next free one
    private static readonly (Assembly Assembly, int Block)[] Blocks =
    [
        (typeof(IMetadataStore).Assembly, 1000),
        (typeof(SqliteMetadataStore).Assembly, 2000),
        (typeof(RunCatalog).Assembly, 3000),
        (typeof(RunTracker).Assembly, 4000),
        (typeof(MlopsClient).Assembly, 5000),
    ];

    [Fact]
    public void EventIds_eachAssembly_areUniqueAndInItsBlock()
    {
        foreach (var (assembly, block) in Blocks)
        {
            var ids = Messages(assembly).Select(m => m.Message.EventId).ToList();
            Assert.Equal(ids.Distinct(), ids);
            Assert.All(ids, id => Assert.InRange(id, block, block + 999));
        }
    }

    [Fact]
    public void EventIds_assembliesThatLog_areTheseTwo() =>
        Assert.Equal([4000, 5000], Blocks.Where(b => Messages(b.Assembly).Any()).Select(b => b.Block));

    [Fact]
    public void Messages_all_endAsSentencesAndHaveALevel() =>
        Assert.All(Blocks.SelectMany(b => Messages(b.Assembly)), m =>
        {
            Assert.NotEqual(LogLevel.None, m.Message.Level);
            Assert.True(m.Message.Message.EndsWith('.') || m.Message.Message.EndsWith('}'), $"{m.Name}: {m.Message.Message}");
        });

    private static IEnumerable<(string Name, LoggerMessageAttribute Message)> Messages(Assembly assembly) =>
        from type in assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let message = method.GetCustomAttribute<LoggerMessageAttribute>()
        where message is not null
        select ($"{type.Name}.{method.Name}", message);
}
