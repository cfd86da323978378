"""Who is evaluated when: homes, residents, the ward, areas, equipment."""
