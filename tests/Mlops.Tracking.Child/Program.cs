using System.Globalization;
using Mlops.Metadata;
using Mlops.Sdk;
using Mlops.Tracking.Child;

// The other process of a test: dotnet Mlops.Tracking.Child.dll VERB STORE ...
var culture = CultureInfo.InvariantCulture;
var store = args[1];
switch (args[0])
{
    case "crash":
        await Crash.LogUntilKilledAsync(store, args[2], int.Parse(args[3], culture));
        break;

    case "recover":
        Console.WriteLine("opening");
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = store }))
            Console.WriteLine("opened");
        break;

    case "own":
        // starts a run, tells its id, and ends it when told to
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = store }))
        {
            var run = await mlops.StartRunAsync(args[2]);
            run.LogParam("from", "owner");
            await run.FlushAsync();
            Console.WriteLine(run.Id);
            await Console.In.ReadLineAsync();
            await run.CompleteAsync();
        }

        break;

    case "join":
        // logs points of one metric to somebody else's run
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = store }))
        await using (var run = await mlops.JoinRunAsync(RunId.Parse(args[2], culture)))
        {
            var count = int.Parse(args[4], culture);
            for (var i = 0; i < count; i++)
                run.LogMetric(args[3], i, i);
            Console.WriteLine((await run.FlushAsync()).IsDurable ? "durable" : "pending");
        }

        break;

    case "step":
        // is in a step of a step when it is killed
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = store }))
        await using (var run = await mlops.StartRunAsync("steps"))
        {
            await run.StepAsync("train", async (train, ct) =>
            {
                await train.LogTextAsync("half", "half.txt", ct);
                await train.StepAsync(
                    "fit",
                    async (_, token) =>
                    {
                        Console.WriteLine(run.Id);
                        await Console.In.ReadLineAsync(token);
                    },
                    ct);
            });
        }

        break;

    case "backup":
        await using (var mlops = await MlopsClient.OpenAsync(new MlopsOptions { Path = store }))
        {
            Console.WriteLine("begin");
            await mlops.BackupAsync(args[2]);
            Console.WriteLine("end");
        }

        break;

    case "restore":
        // the store is what comes to be, of the backup
        Console.WriteLine("begin");
        await MlopsClient.RestoreAsync(args[2], store);
        Console.WriteLine("end");
        break;

    case "secrets":
        await Secrets.RunAsync(store, args[2], args[3], args[7]);
        break;

    case "dispose-race":
        for (var round = int.Parse(args[2], culture); round > 0; round--)
            await DisposeRace.RunAsync(store);
        Console.WriteLine("survived");
        break;

    default:
        throw new ArgumentException($"There is no verb '{args[0]}'.");
}
