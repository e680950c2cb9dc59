"""The conference: its file, its programme, its prices, its calendar and how schedules come in and go out."""
