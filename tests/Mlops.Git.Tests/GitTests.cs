using LibGit2Sharp;
using Mlops.Metadata;
using Mlops.Sdk;

namespace Mlops.Git.Tests;

public sealed class GitTests : IDisposable
{
    private readonly TemporaryRepository _repository = new();

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task StartRunAsync_inACleanRepository_notesWhereItStands()
    {
        _repository.Change(r => r.Network.Remotes.Add("origin", "https://ann:s3cret@example.com/x.git?token=t0ken"));
        var run = await RunAsync(_repository.Folder);

        Assert.Empty(run.ContextProblems);
        Assert.Equal(
            [
                ("git.branch", BranchName()), ("git.changed_files", "0"), ("git.commit", _repository.Commit), ("git.dirty", "false"),
                ("git.remote", "https://example.com/x.git"), ("git.untracked_files", "0"),
            ],
            run.Context.Where(c => c.Key.StartsWith("git.", StringComparison.Ordinal)).Select(c => (c.Key, c.Value)));
    }

    [Fact]
    public async Task StartRunAsync_changedFiles_makeItDirty()
    {
        _repository.Write("train.cs", "2");
        _repository.Write("new.cs", "1");
        _repository.Write(".mlops/mlops.db", "1");
        _repository.Write("trainer/train.cs", "1");
        _repository.Change(r => Commands.Stage(r, "trainer/train.cs"));
        _repository.Write("trainer/.mlops/mlops.db", "1");
        var run = await RunAsync(_repository.Folder);

        Assert.Equal(("true", "2", "1"), (run.Context["git.dirty"], run.Context["git.changed_files"], run.Context["git.untracked_files"]));
    }

    [Fact]
    public async Task StartRunAsync_newFilesAlone_areNotDirty()
    {
        _repository.Write("notes/new.txt", "1");
        var run = await RunAsync(_repository.Folder);

        Assert.Equal(("false", "1"), (run.Context["git.dirty"], run.Context["git.untracked_files"]));
    }

    [Fact]
    public async Task StartRunAsync_stagedFile_makesItDirty()
    {
        _repository.Write("more.cs", "1");
        _repository.Change(r => Commands.Stage(r, "more.cs"));

        Assert.Equal("true", (await RunAsync(_repository.Folder)).Context["git.dirty"]);
    }

    [Fact]
    public async Task StartRunAsync_submoduleAtAnotherCommit_makesItDirty()
    {
        _repository.AddSubmodule("lib");
        Assert.Equal("false", (await RunAsync(_repository.Folder)).Context["git.dirty"]);

        _repository.Write("lib/bin/lib.dll", "1");
        Assert.Equal("false", (await RunAsync(_repository.Folder)).Context["git.dirty"]);

        _repository.Write("lib/lib.cs", "2");
        TemporaryRepository.CommitAllOf(Path.Combine(_repository.Folder, "lib"));
        var run = await RunAsync(_repository.Folder);
        Assert.Equal(("true", "1"), (run.Context["git.dirty"], run.Context["git.changed_files"]));
    }

    [Fact]
    public async Task StartRunAsync_detachedHead_hasNoBranch()
    {
        _repository.Change(r => Commands.Checkout(r, r.Head.Tip));
        var run = await RunAsync(_repository.Folder);

        Assert.Equal(_repository.Commit, run.Context["git.commit"]);
        Assert.DoesNotContain("git.branch", run.Context.Keys);
    }

    [Fact]
    public async Task StartRunAsync_repositoryWithoutCommit_hasABranchOnly()
    {
        var folder = Path.Combine(_repository.Folder, "..", "empty");
        Repository.Init(folder);
        var run = await RunAsync(folder);

        Assert.Empty(run.ContextProblems);
        Assert.DoesNotContain("git.commit", run.Context.Keys);
        Assert.Contains("git.branch", run.Context.Keys);
    }

    [Fact]
    public async Task StartRunAsync_noRepository_notesNothing()
    {
        var run = await RunAsync(Path.GetPathRoot(_repository.Folder)!);

        Assert.Empty(run.ContextProblems);
        Assert.DoesNotContain(run.Context.Keys, k => k.StartsWith("git.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task StartRunAsync_anotherRepositorySoonAfter_notesThatOne()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_repository.Folder, "inner")).FullName;
        await using var mlops = await OpenAsync(folder);
        List<RunId> runs = [];
        for (var i = 0; i < 2; i++)
        {
            await using var run = await mlops.StartRunAsync("flights");
            await run.CompleteAsync();
            runs.Add(run.Id);
            Repository.Init(folder);
        }

        Assert.Contains("git.commit", (await mlops.Runs.GetAsync(runs[0])).Context.Keys);
        Assert.DoesNotContain("git.commit", (await mlops.Runs.GetAsync(runs[1])).Context.Keys);
    }

    [Fact]
    public async Task StartRunAsync_brokenRepository_isAProblemOfTheRun()
    {
        await File.WriteAllTextAsync(Path.Combine(_repository.Folder, ".git", "index"), "no index");
        var run = await RunAsync(_repository.Folder);

        Assert.Equal(RunStatus.Finished, run.Status);
        Assert.NotEmpty(run.ContextProblems["git"]);
        Assert.Contains("host", run.Context.Keys);
    }

    [Fact]
    public async Task SearchAsync_byCommit_findsItsRuns()
    {
        await using var mlops = await OpenAsync(_repository.Folder);
        await using (var run = await mlops.StartRunAsync("flights"))
            await run.CompleteAsync();
        var found = await mlops.Runs.SearchAsync($"context.git.commit = '{_repository.Commit}' AND context.git.dirty = 'false'");

        Assert.Single(found.Runs);
        Assert.Empty((await mlops.Runs.SearchAsync("context.git.commit = 'abc'")).Runs);
    }

    [Theory]
    [InlineData("https://example.com/x.git", "https://example.com/x.git")]
    [InlineData("https://token@example.com/x.git#f", "https://example.com/x.git")]
    [InlineData("https://a@b:p@example.com/x@y.git", "https://example.com/x@y.git")]
    [InlineData("ssh://git@example.com:22/x.git", "ssh://example.com:22/x.git")]
    [InlineData("https://u:p@example.com", "https://example.com")]
    [InlineData("git@example.com:team/x.git", "example.com:team/x.git")]
    [InlineData("example.com:team/x@y.git", "example.com:team/x@y.git")]
    [InlineData("/srv/git/x@y.git", "/srv/git/x@y.git")]
    [InlineData("../x.git", "../x.git")]
    [InlineData("u@x", "x")]
    [InlineData("", "")]
    public void WithoutUser_address_losesUserAndQuery(string url, string expected) => Assert.Equal(expected, RemoteUrl.WithoutUser(url));

    private Task<MlopsClient> OpenAsync(string folder) => MlopsClient.OpenAsync(new MlopsOptions { Path = _repository.Store }.UseGit(folder));

    private async Task<Run> RunAsync(string folder)
    {
        await using var mlops = await OpenAsync(folder);
        await using var run = await mlops.StartRunAsync("flights");
        await run.CompleteAsync();
        return await mlops.Runs.GetAsync(run.Id);
    }

    private string BranchName()
    {
        using var repository = new Repository(_repository.Folder);
        return repository.Head.FriendlyName;
    }
}
