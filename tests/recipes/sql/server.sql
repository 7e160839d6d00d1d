USE [Shop]
GO
/****** Object:  Table [dbo].[Customers] ******/
CREATE TABLE [dbo].[Customers](
	[Id] [int] IDENTITY(1,1) NOT NULL,
	[Email] [nvarchar](256) NOT NULL,
	[FirstName] [nvarchar](50) NULL,
	[Password] [nvarchar](max) NULL,
 CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([Id] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]
) ON [PRIMARY]
GO
SET IDENTITY_INSERT [dbo].[Customers] ON 

INSERT [dbo].[Customers] ([Id], [Email], [FirstName], [Password]) VALUES (7, N'Ada@Example.com', N'A''da; GO', N'$2y$10$XqDYR0ipc/RjpPNFLhlyqOfSIs2.azbMXB.rK3yXi4f.tFa0U/Vvy')
INSERT [dbo].[Customers] ([Id], [Email], [FirstName], [Password]) VALUES (8, N'bob@example.com', NULL, NULL)
SET IDENTITY_INSERT [dbo].[Customers] OFF
GO
