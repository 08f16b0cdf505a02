using Microsoft.Extensions.Time.Testing;

namespace Mlops.Storage.Tests.Records;

public sealed class IdGeneratorTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Next_manyInOneMillisecond_strictlyIncreases()
    {
        var ids = new IdGenerator(_time);
        var before = ids.Next();
        for (var i = 0; i < 100_000; i++)
        {
            var next = ids.Next();
            Assert.True(next > before, $"{next} is not above {before}");
            before = next;
        }
    }

    [Fact]
    public void Next_clockGoesBack_strictlyIncreases()
    {
        var random = new Random(1);
        var clock = new WanderingClock(random);
        var ids = new IdGenerator(clock, random);
        var before = ids.Next();
        for (var i = 0; i < 100_000; i++)
        {
            var next = ids.Next();
            Assert.True(next > before, $"{next} is not above {before}");
            before = next;
        }
    }

    [Fact]
    public void Next_any_isUuidVersion7WithTheTime()
    {
        var ids = new IdGenerator(_time);
        for (var i = 0; i < 1000; i++)
        {
            var text = ids.Next().ToString();
            Assert.Equal('7', text[12]);
            Assert.Contains(text[16], "89ab");
            Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), Convert.ToInt64(text[..12], 16));
            _time.Advance(TimeSpan.FromMilliseconds(3));
        }
    }

    [Fact]
    public void Next_fromManyThreads_isUnique()
    {
        var ids = new IdGenerator(_time);
        var made = new RecordId[8][];
        Parallel.For(0, made.Length, thread =>
        {
            var own = new RecordId[10_000];
            for (var i = 0; i < own.Length; i++)
                own[i] = ids.Next();
            made[thread] = own;
        });
        Assert.Equal(80_000, made.SelectMany(own => own).Distinct().Count());
        Assert.All(made, own => Assert.Equal(own.Order(), own));
    }

    [Fact]
    public void Next_sameSeedAndTime_isReproducible() =>
        Assert.Equal(new IdGenerator(_time, new Random(5)).Next(), new IdGenerator(_time, new Random(5)).Next());

    private sealed class WanderingClock(Random random) : TimeProvider
    {
        private readonly Random _random = new(random.Next());

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddDays(20_000).AddMilliseconds(_random.Next(-5, 5));
    }
}
