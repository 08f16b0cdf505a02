using LibGit2Sharp;

namespace Mlops.Git.Tests;

/// <summary>A repository with one commit, and a store beside it, which go away with the test.</summary>
internal sealed class TemporaryRepository : IDisposable
{
    private static readonly Signature Author = new("Ann", "ann@example.com", new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("mlops-git-");

    public TemporaryRepository()
    {
        Repository.Init(Folder);
        Write("train.cs", "1");
        Commit = CommitAll();
    }

    public string Folder => Path.Combine(_root.FullName, "repository");

    public string Store => Path.Combine(_root.FullName, ".mlops");

    public string Commit { get; private set; }

    public void Write(string path, string text)
    {
        var file = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public string CommitAll() => Commit = CommitAllOf(Folder);

    /// <summary>Commits a repository of its own below this one as a submodule.</summary>
    public void AddSubmodule(string path)
    {
        var inner = Path.Combine(Folder, path);
        Repository.Init(inner);
        Write($"{path}/lib.cs", "1");
        var lib = CommitAllOf(inner);
        Write(".gitmodules", $"[submodule \"{path}\"]\n\tpath = {path}\n\turl = ../{path}\n");
        using var repository = new Repository(Folder);
        var objects = repository.ObjectDatabase;
        var tree = TreeDefinition.From(repository.Head.Tip)
            .Add(".gitmodules", objects.CreateBlob(Path.Combine(Folder, ".gitmodules")), Mode.NonExecutableFile)
            .AddGitLink(path, new ObjectId(lib));
        var commit = objects.CreateCommit(Author, Author, "Add a submodule", objects.CreateTree(tree), [repository.Head.Tip], prettifyMessage: false);
        repository.Reset(ResetMode.Mixed, commit);
        Commit = commit.Sha;
    }

    public static string CommitAllOf(string folder)
    {
        using var repository = new Repository(folder);
        Commands.Stage(repository, "*");
        return repository.Commit("More", Author, Author).Sha;
    }

    public void Change(Action<Repository> change)
    {
        using var repository = new Repository(Folder);
        change(repository);
    }

    public void Dispose()
    {
        // git's own objects are read-only files
        foreach (var file in _root.EnumerateFiles("*", SearchOption.AllDirectories))
            file.Attributes = FileAttributes.Normal;
        _root.Delete(recursive: true);
    }
}
